import { Module } from '@nestjs/common';
import { CommandsModule } from './commands/commands.module';
import { QueriesModule } from './queries/queries.module';
import { LeaderModule } from './leader/leader.module';

/** The journal: the single writer of the log. */
@Module({ imports: [LeaderModule, CommandsModule, QueriesModule] })
export class JournalModule {}
