import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { RuntimeConnection } from './runtime-connection';
import { ImageStore } from '../images/image-store';
import { ContainerTable } from './container-table';
import { ContainerdRuntime } from './containerd/containerd-runtime';
import { DockerRuntime } from './docker/docker-runtime';
import { HollowRuntime } from './hollow/hollow-runtime';
import type { PodRuntime } from './runtime';
import type { KubeletConfig } from '../settings';
import { POD_RUNTIME } from '../tokens';

const runtime = { provide: POD_RUNTIME, inject: [CONFIG, LOGGER], useFactory: runtimeOf };

function runtimeOf(config: KubeletConfig, logger: Logger): PodRuntime {
  const { nodeName: node, cgroupParent, stateDir, podLogsDir: podLogs } = config;
  switch (config.containerRuntime) {
    case 'docker':
      return new DockerRuntime({ host: config.dockerHost, node, cgroupParent });
    case 'containerd':
      return new ContainerdRuntime({
        endpoint: config.runtimeEndpoint,
        node,
        podLogs,
        folder: join(stateDir, 'containerd'),
        onProblem: (error, what) => logger.warn({ err: error }, what),
      });
    case 'hollow':
      return new HollowRuntime({ rows: config.hollowLifecycles });
  }
}

/** The container engine, and what is known of its containers and images. */
@Module({
  providers: [runtime, ContainerTable, ImageStore, RuntimeConnection],
  exports: [runtime, ContainerTable, ImageStore, RuntimeConnection],
})
export class RuntimeModule {}
