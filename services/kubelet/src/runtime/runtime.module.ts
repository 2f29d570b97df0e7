import { Module } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import { RuntimeConnection } from './runtime-connection';
import { ImageStore } from '../images/image-store';
import { ContainerTable } from './container-table';
import { DockerRuntime } from './docker/docker-runtime';
import type { KubeletConfig } from '../settings';
import { POD_RUNTIME } from '../tokens';

const runtime = {
  provide: POD_RUNTIME,
  inject: [CONFIG],
  useFactory: ({ dockerHost, nodeName, cgroupParent }: KubeletConfig) =>
    new DockerRuntime({ host: dockerHost, node: nodeName, cgroupParent }),
};

/** The container engine, and what is known of its containers and images. */
@Module({
  providers: [runtime, ContainerTable, ImageStore, RuntimeConnection],
  exports: [runtime, ContainerTable, ImageStore, RuntimeConnection],
})
export class RuntimeModule {}
