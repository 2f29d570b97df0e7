import { Module } from '@nestjs/common';
import { ActiveLogModule } from '../reign/active-log.module';
import { CommandController } from './command.controller';

/** Commands by request and reply. */
@Module({ imports: [ActiveLogModule], controllers: [CommandController] })
export class CommandsModule {}
