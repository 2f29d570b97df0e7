import { Global, Module } from '@nestjs/common';
import { Clock } from './clock';
import { Stopping } from './stopping';

/** What any part may need: the time, and whether the end has come. */
@Global()
@Module({ providers: [Clock, Stopping], exports: [Clock, Stopping] })
export class CommonModule {}
