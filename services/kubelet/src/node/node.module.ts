import { mkdir } from 'node:fs/promises';
import { Module } from '@nestjs/common';
import { milliOf } from '@shiplog/apimachinery';
import { CONFIG, ConfigError } from '@shiplog/service';
import { ClusterModule } from '../cluster/cluster.module';
import type { NodeFacts } from '../container/render/fields';
import type { KubeletConfig } from '../settings';
import { MACHINE, NODE_FACTS, NODE_RESOURCES } from '../tokens';
import { NodePressure } from '../eviction/node-pressure';
import { CgroupReader } from '../usage/cgroup-reader';
import { AllocatableLimit } from './allocatable-limit';
import { EngineCgroups } from './cgroups';
import { nodeResources, type NodeResources } from './domain/node-resources';
import { hollowMachine } from './hollow-machine';
import { readMachine } from './machine';
import { NodeAgent } from './node-agent';
import type { MachineFacts } from './render/node-status';

const NO_CGROUPS = '/nonexistent';

const machine = {
  provide: MACHINE,
  inject: [CONFIG],
  useFactory: async (config: KubeletConfig): Promise<MachineFacts> => {
    const { stateDir, nodeIPs } = config;
    if (config.containerRuntime === 'hollow') return hollowMachine(config);
    await mkdir(stateDir, { recursive: true });
    return readMachine(stateDir, nodeIPs);
  },
};

const resources = {
  provide: NODE_RESOURCES,
  inject: [CONFIG, MACHINE],
  useFactory: (config: KubeletConfig, machine: MachineFacts): NodeResources => {
    try {
      return nodeResources(machine, { ...config, reserved: [config.kubeReserved, config.systemReserved] });
    } catch (error) {
      throw new ConfigError((error as Error).message);
    }
  },
};

const facts = {
  provide: NODE_FACTS,
  inject: [CONFIG, MACHINE, NODE_RESOURCES],
  useFactory: ({ nodeName }: KubeletConfig, { ips }: MachineFacts, { allocatable }: NodeResources): NodeFacts => ({
    name: nodeName,
    ips,
    allocatableCpuMilli: milliOf(allocatable['cpu'] ?? '0'),
    allocatableMemoryBytes: milliOf(allocatable['memory'] ?? '0') / 1_000n,
    allocatableStorageBytes: milliOf(allocatable['ephemeral-storage'] ?? '0') / 1_000n,
  }),
};

const cgroups = {
  provide: EngineCgroups,
  inject: [CONFIG],
  useFactory: ({ cgroupParent }: KubeletConfig) => new EngineCgroups(cgroupParent),
};

/** What a hollow node uses is not what its machine does. */
const reader = {
  provide: CgroupReader,
  inject: [CONFIG],
  useFactory: ({ containerRuntime }: KubeletConfig) =>
    containerRuntime === 'hollow' ? new CgroupReader(NO_CGROUPS) : new CgroupReader(),
};

/** This machine, and its Node object. */
@Module({
  imports: [ClusterModule],
  providers: [machine, resources, facts, cgroups, reader, AllocatableLimit, NodePressure, NodeAgent],
  exports: [machine, resources, facts, cgroups, AllocatableLimit, NodePressure, NodeAgent],
})
export class NodeModule {}
