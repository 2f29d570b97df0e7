import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module';
import { LogRepositories } from '../database/repositories';
import { AsOfReader } from '../history/as-of-reader';
import { ActiveLogModule } from '../leader/active-log.module';
import { History } from './history';
import { QueryController } from './query.controller';

/** Questions about the present and the past. */
@Module({
  imports: [DatabaseModule, ActiveLogModule],
  controllers: [QueryController],
  providers: [
    { provide: History, inject: [LogRepositories], useFactory: (log: LogRepositories) => new History(log) },
    { provide: AsOfReader, inject: [LogRepositories], useFactory: (log: LogRepositories) => new AsOfReader(log) },
  ],
})
export class QueriesModule {}
