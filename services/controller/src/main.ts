import { runService } from '@shiplog/service';
import { ControllerModule } from './controller.module';
import { checkController, controllerSettings } from './settings';

void runService({
  service: 'controller',
  settings: controllerSettings,
  module: ControllerModule,
  check: checkController,
});
