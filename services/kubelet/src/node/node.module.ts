import { mkdir } from 'node:fs/promises';
import { Module } from '@nestjs/common';
import { milliOf } from '@shiplog/apimachinery';
import { CONFIG } from '@shiplog/service';
import { ClusterModule } from '../cluster/cluster.module';
import type { NodeFacts } from '../container/render/fields';
import type { KubeletConfig } from '../settings';
import { MACHINE, NODE_FACTS } from '../tokens';
import { EngineCgroups } from './cgroups';
import { readMachine } from './machine';
import { NodeAgent } from './node-agent';
import type { MachineFacts } from './render/node-status';

const machine = {
  provide: MACHINE,
  inject: [CONFIG],
  useFactory: async ({ stateDir, nodeIP }: KubeletConfig): Promise<MachineFacts> => {
    await mkdir(stateDir, { recursive: true });
    return readMachine(stateDir, nodeIP);
  },
};

const facts = {
  provide: NODE_FACTS,
  inject: [CONFIG, MACHINE],
  useFactory: ({ nodeName }: KubeletConfig, { ip, cpus, memoryBytes, storageBytes }: MachineFacts): NodeFacts => ({
    name: nodeName,
    ip,
    allocatableCpuMilli: milliOf(String(cpus)),
    allocatableMemoryBytes: BigInt(memoryBytes),
    allocatableStorageBytes: BigInt(storageBytes),
  }),
};

const cgroups = {
  provide: EngineCgroups,
  inject: [CONFIG],
  useFactory: ({ cgroupParent }: KubeletConfig) => new EngineCgroups(cgroupParent),
};

/** This machine, and its Node object. */
@Module({
  imports: [ClusterModule],
  providers: [machine, facts, cgroups, NodeAgent],
  exports: [machine, facts, cgroups, NodeAgent],
})
export class NodeModule {}
