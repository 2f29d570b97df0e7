import { Module } from '@nestjs/common';
import { CommandsModule } from './intake/commands.module';
import { QueriesModule } from './queries/queries.module';
import { ReignModule } from './reign/reign.module';

/** The journal: the single writer of the log. */
@Module({ imports: [ReignModule, CommandsModule, QueriesModule] })
export class JournalModule {}
