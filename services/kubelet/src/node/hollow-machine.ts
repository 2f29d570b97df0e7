import { createHash } from 'node:crypto';
import { arch } from 'node:os';
import type { KubeletConfig } from '../settings';
import type { MachineFacts } from './render/node-status';

const PIDS = 32_768;

/** A machine that is nowhere but in the settings. Its ids are the same whenever it is started. */
export function hollowMachine(config: Pick<KubeletConfig, 'nodeName' | 'nodeIPs' | 'hollowCapacity'>): MachineFacts {
  const { nodeName, nodeIPs, hollowCapacity } = config;
  const id = createHash('sha256').update(nodeName).digest('hex').slice(0, 32);
  const milli = (resource: 'cpu' | 'memory' | 'ephemeral-storage'): number =>
    Number(hollowCapacity.get(resource) ?? 0n);
  return {
    hostname: nodeName,
    ips: nodeIPs,
    cpus: milli('cpu') / 1_000,
    memoryBytes: milli('memory') / 1_000,
    storageBytes: milli('ephemeral-storage') / 1_000,
    pids: PIDS,
    kernel: 'hollow',
    osImage: 'hollow',
    architecture: { x64: 'amd64' }[arch() as string] ?? arch(),
    machineID: id,
    bootID: id,
    systemUUID: id,
    appArmor: false,
  };
}
