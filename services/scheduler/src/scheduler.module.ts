import { Module, type DynamicModule } from '@nestjs/common';
import { SchedulerService } from './scheduler.service';

/** The scheduler service. */
@Module({})
export class SchedulerModule {
  static create(): DynamicModule {
    return { module: SchedulerModule, providers: [SchedulerService] };
  }
}
