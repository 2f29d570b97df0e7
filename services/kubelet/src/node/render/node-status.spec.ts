import { nodeResources } from '../domain/node-resources';
import type { EngineFacts } from '../../runtime/runtime';
import {
  parseLabels,
  renderLabels,
  renderNodeStatus,
  statusPatch,
  type MachineFacts,
  type NodePulse,
} from './node-status';

const machine: MachineFacts = {
  hostname: 'host',
  ips: ['192.0.2.1'],
  cpus: 2,
  memoryBytes: 1_024 * 1_000,
  storageBytes: 4_096 * 1_000,
  pids: 32_768,
  kernel: '6.1',
  osImage: 'Debian',
  architecture: 'amd64',
  machineID: 'm',
  bootID: 'b',
  systemUUID: 's',
  appArmor: false,
};
const engine: EngineFacts = {
  name: 'docker',
  version: '20.10',
  osImage: '',
  kernel: '',
  architecture: '',
  cpus: 2,
  memoryBytes: 1,
  cgroupDriver: 'cgroupfs',
  imageFolder: '',
  runtimes: ['runc'],
  liveRestore: true,
};
const resources = nodeResources(machine, {
  maxPods: 110,
  nodesOnMachine: 2,
  reserved: [],
  evictionHard: new Map(),
});
const well: NodePulse = { pressures: new Set(), engineDown: undefined };
const render = (pulse: NodePulse, before = {}, now = 'now') =>
  renderNodeStatus(machine, engine, pulse, resources, before, now);
const conditionsOf = (pulse: NodePulse) =>
  Object.fromEntries((render(pulse).conditions ?? []).map((item) => [item.type, item.status]));

describe('the Node object', () => {
  it('tells what the machine is', () => {
    expect(render(well)).toMatchObject({
      capacity: { cpu: '2', memory: '1000Ki', 'ephemeral-storage': '4000Ki', pods: '110' },
      allocatable: { cpu: '1', memory: '500Ki', 'ephemeral-storage': '2000Ki', pods: '110' },
      addresses: [
        { type: 'InternalIP', address: '192.0.2.1' },
        { type: 'Hostname', address: 'host' },
      ],
      nodeInfo: { kubeletVersion: 'v1.32.0+shiplog', containerRuntimeVersion: 'docker://20.10', architecture: 'amd64' },
    });
  });

  it('has the labels of every node and those that were asked for', () => {
    expect(renderLabels('a', machine, parseLabels('zone=x,disk='))).toMatchObject({
      'kubernetes.io/hostname': 'a',
      'kubernetes.io/arch': 'amd64',
      'beta.kubernetes.io/os': 'linux',
      zone: 'x',
      disk: '',
    });
  });

  it('is not ready while its machine goes down, whatever else keeps it from that', () => {
    const ready = (pulse: Partial<NodePulse>) =>
      render({ ...well, isShuttingDown: true, ...pulse }).conditions?.find(({ type }) => type === 'Ready');
    expect(ready({})).toMatchObject({ status: 'False', reason: 'KubeletNotReady', message: 'node is shutting down' });
    expect(ready({ engineDown: 'gone' })?.message).toBe('container runtime is down: gone, node is shutting down');
  });

  it('is ready while nothing is wrong, and says what is', () => {
    expect(conditionsOf(well)).toEqual({
      MemoryPressure: 'False',
      DiskPressure: 'False',
      PIDPressure: 'False',
      Ready: 'True',
    });
    expect(conditionsOf({ ...well, pressures: new Set(['memory']) }).MemoryPressure).toBe('True');
    expect(conditionsOf({ ...well, pressures: new Set(['disk']) }).DiskPressure).toBe('True');
    const down = render({ ...well, engineDown: 'connection refused' }).conditions?.find(
      (item) => item.type === 'Ready',
    );
    expect(down).toMatchObject({
      status: 'False',
      reason: 'KubeletNotReady',
      message: 'container runtime is down: connection refused',
    });
  });

  it('needs no write while nothing changes, and one with what changed only', () => {
    const before = render(well);
    expect(statusPatch(render(well, before, 'later'), before)).toBeUndefined();
    const sick = render({ ...well, engineDown: 'gone' }, before, 'later');
    expect(Object.keys(statusPatch(sick, before) ?? {})).toEqual(['conditions']);
    const ready = sick.conditions?.find((item) => item.type === 'Ready');
    expect(ready).toMatchObject({ lastTransitionTime: 'later' });
    expect(sick.conditions?.[0]).toMatchObject({ lastTransitionTime: 'now' });
  });

  it('tells of its images when they are known, and again only when they are others', () => {
    const images = [{ names: ['app:1'], sizeBytes: 5 }];
    const before = render({ ...well, images });
    expect(before.images).toEqual(images);
    expect(statusPatch(render({ ...well, images: [...images] }, before), before)).toBeUndefined();
    expect(statusPatch(render(well, before), before)).toBeUndefined();
    expect(statusPatch(render({ ...well, images: [] }, before), before)).toEqual({ images: [] });
  });

  it('is what the engine’s machine is, where pods run', () => {
    const elsewhere = { ...engine, osImage: 'Docker Desktop', kernel: '6.9-linuxkit', architecture: 'aarch64' };
    expect(renderNodeStatus(machine, elsewhere, well, resources, {}, 'now').nodeInfo).toMatchObject({
      osImage: 'Docker Desktop',
      kernelVersion: '6.9-linuxkit',
      architecture: 'arm64',
    });
    expect(render(well).nodeInfo).toMatchObject({ osImage: 'Debian', kernelVersion: '6.1', architecture: 'amd64' });
  });

  it('has for pods what a user says the machine has besides, for as long as it is said', () => {
    const before = render(well);
    const told = { ...before, capacity: { ...before.capacity, 'example.com/dongle': '4' } };
    const wanted = render(well, told);
    expect(wanted.allocatable).toEqual({ ...before.allocatable, 'example.com/dongle': '4' });
    expect(statusPatch(wanted, told)).toEqual({ allocatable: wanted.allocatable });
    expect(statusPatch(render(well, wanted), wanted)).toBeUndefined();
    const takenBack = { ...wanted, capacity: before.capacity ?? {} };
    expect(statusPatch(render(well, takenBack), takenBack)).toEqual({
      allocatable: { ...before.allocatable, 'example.com/dongle': null },
    });
  });

  it('leaves conditions of others alone, and takes its own back', () => {
    const before = render(well);
    const others = [...(before.conditions ?? []), { type: 'NetworkUnavailable', status: 'False' }];
    expect(
      statusPatch(render(well, { ...before, conditions: others }), { ...before, conditions: others }),
    ).toBeUndefined();
    const given = others.map((item) => (item.type === 'Ready' ? { ...item, status: 'Unknown' } : item));
    expect(statusPatch(render(well, { ...before, conditions: given }), { ...before, conditions: given })).toBeDefined();
  });
});
