import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module';
import { ActiveLogModule } from '../leader/active-log.module';
import { CommandController } from './command.controller';
import { DeadLettersController } from './dead-letters.controller';

/** Commands by request and reply, and what became of those sent without waiting. */
@Module({ imports: [ActiveLogModule, DatabaseModule], controllers: [CommandController, DeadLettersController] })
export class CommandsModule {}
