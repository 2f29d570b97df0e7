import { Module } from '@nestjs/common';
import { ActiveLog } from './active-log';

/** The log that is open at the moment, for those who answer from it. */
@Module({ providers: [ActiveLog], exports: [ActiveLog] })
export class ActiveLogModule {}
