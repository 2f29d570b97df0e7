import { Module, type DynamicModule } from '@nestjs/common';
import type { ServiceContext } from '@shiplog/service';
import { ControllerService } from './controller.service';
import { readNeeds, STATIC_NEEDS } from './needs';
import type { ControllerConfig } from './settings';

/** The controller service: all controllers over one projection. */
@Module({})
export class ControllerModule {
  /** Throws a ConfigError for settings that can't be worked with. */
  static with(context: ServiceContext<ControllerConfig>): DynamicModule {
    const needs = { provide: STATIC_NEEDS, useValue: readNeeds(context.config) };
    return { module: ControllerModule, providers: [needs, ControllerService] };
  }
}
