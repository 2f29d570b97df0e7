import { Module } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import { EngineLink } from './engine-link';
import { ImageStore } from './images/image-store';
import { ContainerTable } from './runtime/container-table';
import { DockerRuntime } from './runtime/docker/docker-runtime';
import type { KubeletConfig } from './settings';
import { POD_RUNTIME } from './tokens';

const runtime = {
  provide: POD_RUNTIME,
  inject: [CONFIG],
  useFactory: ({ dockerHost, nodeName, cgroupParent }: KubeletConfig) =>
    new DockerRuntime({ host: dockerHost, node: nodeName, cgroupParent }),
};

/** The container engine, and what is known of its containers and images. */
@Module({
  providers: [runtime, ContainerTable, ImageStore, EngineLink],
  exports: [runtime, ContainerTable, ImageStore, EngineLink],
})
export class EngineModule {}
