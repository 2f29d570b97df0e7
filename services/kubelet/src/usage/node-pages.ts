import { uptime } from 'node:os';
import { statfs } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { NodePage, PayloadOf } from '@shiplog/contracts';
import { CONFIG } from '@shiplog/service';
import type { MachineFacts } from '../node/render/node-status';
import type { KubeletConfig } from '../settings';
import { MACHINE } from '../tokens';
import { renderResourceMetrics } from './render/resource-metrics';
import { renderSummary, type FileSystem } from './render/stats-summary';
import { UsageReader } from './usage-reader';

/** The pages of a kubelet's own server that tell of usage. */
@Injectable()
export class NodePages {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'nodeName' | 'stateDir'>,
    @Inject(MACHINE) private readonly machine: Pick<MachineFacts, 'memoryBytes'>,
    private readonly reader: UsageReader,
  ) {}

  async page(path: PayloadOf<typeof NodePage>['path']): Promise<string> {
    const pods = await this.reader.pods();
    const usage = this.reader.node();
    switch (path) {
      case '/metrics/resource':
        return renderResourceMetrics(usage, pods);
      case '/stats/summary': {
        const { nodeName: name, stateDir } = this.config;
        const { memoryBytes } = this.machine;
        const now = Date.now();
        const bootedAt = now - uptime() * 1_000;
        const fileSystem = await fileSystemOf(stateDir);
        return JSON.stringify(renderSummary({ name, bootedAt, memoryBytes, usage, fileSystem, now }, pods));
      }
    }
  }
}

async function fileSystemOf(directory: string): Promise<FileSystem> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(directory);
  return {
    capacityBytes: blocks * bsize,
    availableBytes: bavail * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodes: files,
    inodesFree: ffree,
  };
}
