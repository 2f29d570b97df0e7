import { Module } from '@nestjs/common';
import { CacheModule } from '../../cache/cache.module';
import { Conversions } from './conversions';
import { WebhookClient } from './webhook-client';

/** Conversion of custom resources between their versions by webhooks. */
@Module({ imports: [CacheModule], providers: [Conversions, WebhookClient], exports: [Conversions] })
export class ConversionModule {}
