import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module';
import { LogRepositories } from '../database/repositories';
import { Past } from '../history/past';
import { ActiveLogModule } from '../leader/active-log.module';
import { History } from './history';
import { QueryController } from './query.controller';

/** Questions about the present and the past. */
@Module({
  imports: [DatabaseModule, ActiveLogModule],
  controllers: [QueryController],
  providers: [
    { provide: History, inject: [LogRepositories], useFactory: (log: LogRepositories) => new History(log) },
    { provide: Past, inject: [LogRepositories], useFactory: (log: LogRepositories) => new Past(log) },
  ],
})
export class QueriesModule {}
