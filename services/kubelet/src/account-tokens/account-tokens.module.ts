import { Module } from '@nestjs/common';
import { StatusModule } from '../status/status.module';
import { PodTokens } from './pod-tokens';
import { TokenQuery } from './token-query';

/** The tokens by which this node's pods say who they are. */
@Module({ imports: [StatusModule], providers: [PodTokens, TokenQuery], exports: [PodTokens] })
export class AccountTokensModule {}
