import { Module } from '@nestjs/common';
import { CacheModule } from '../cache/cache.module';
import { Authentication } from './authentication';
import { AccountAuthenticator } from './service-accounts/account-authenticator';
import { AccountTokenController } from './service-accounts/account-token.controller';
import { AccountTokens } from './service-accounts/account-tokens';
import { TokenRequests } from './service-accounts/token-requests';
import { OidcAuthenticator } from './oidc/oidc-authenticator';
import { TokenFileAuthenticator } from './token-file-authenticator';

/** Who somebody is, and what service accounts show to say so. */
@Module({
  imports: [CacheModule],
  controllers: [AccountTokenController],
  providers: [
    AccountAuthenticator,
    AccountTokens,
    Authentication,
    OidcAuthenticator,
    TokenFileAuthenticator,
    TokenRequests,
  ],
  exports: [AccountTokens, Authentication, TokenRequests],
})
export class AuthenticationModule {}
