import { runService } from '@shiplog/service';
import { SchedulerModule } from './scheduler.module';
import { schedulerSettings } from './settings';

void runService({ service: 'scheduler', settings: schedulerSettings, module: SchedulerModule });
