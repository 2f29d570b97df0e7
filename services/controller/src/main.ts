import { runService } from '@shiplog/service';
import { ControllerModule } from './controller.module';
import { controllerSettings } from './settings';

void runService({
  service: 'controller',
  settings: controllerSettings,
  module: (context) => ControllerModule.with(context),
});
