import type { Bus } from '@shiplog/bus';
import type { AnyCommand, CommandReply, ObjectOf } from '@shiplog/contracts';
import { pino } from 'pino';
import type { ClusterView } from '../cluster/cluster-view';
import { readConfig } from '@shiplog/service';
import { kubeletSettings, type KubeletConfig } from '../settings';
import { NodeAgent } from './node-agent';
import type { EngineFacts } from '../runtime/runtime';
import type { NodePressure } from '../eviction/node-pressure';
import type { NodeResources } from './domain/node-resources';
import type { MachineFacts } from './render/node-status';

const machine: MachineFacts = {
  hostname: 'host-a',
  ips: ['192.0.2.1'],
  cpus: 2,
  memoryBytes: 2 ** 32,
  storageBytes: 2 ** 36,
  pids: 32_768,
  kernel: '6.1',
  osImage: 'Linux',
  architecture: 'amd64',
  machineID: 'm',
  bootID: 'b',
  systemUUID: 's',
  appArmor: false,
};
const engine = { version: '27.0' } as EngineFacts;
const refused = (code: number) => ({ ok: false, status: { code, message: `code ${code}` } }) as CommandReply;

/** An agent whose journal answers as the spec says, and folds what it takes. */
function given(answers: (CommandReply | Error)[] = []) {
  let node: ObjectOf<'nodes'> | undefined;
  const sent: AnyCommand[] = [];
  const beats: string[] = [];
  const bus = {
    command: (command: AnyCommand) => {
      sent.push(command);
      const answer = answers.shift() ?? { ok: true, position: sent.length };
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    tell: (_: unknown, { time }: { time: string }) => beats.push(time),
  } as unknown as Bus;
  const cluster = { isOpen: true, node: () => node, waitFor: () => Promise.resolve() } as unknown as ClusterView;
  const config = readConfig(kubeletSettings, {
    NODE_NAME: 'node-a',
    NODE_LABELS: 'zone=a',
    STATE_DIR: '/tmp',
    HEARTBEAT_INTERVAL: '5s',
  }) as KubeletConfig;
  const amounts = { cpu: '2', memory: '4Gi', pods: '110' };
  const resources = { capacity: amounts, allocatable: amounts } as unknown as NodeResources;
  const pressure = { observe: () => Promise.resolve(), pressures: new Set() } as unknown as NodePressure;
  const agent = new NodeAgent(bus, pino({ level: 'silent' }), config, machine, resources, pressure, cluster);
  const kinds = () => sent.map(({ type, data }) => `${type} ${(data as { resource: string }).resource}`);
  const created = () => (sent[0]?.data as unknown as { object: ObjectOf<'nodes'> }).object;
  return { agent, sent, beats, kinds, created, folds: (found: ObjectOf<'nodes'>) => (node = found) };
}

/** The agent reads files of the machine before it says anything. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('the agent of a node', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  it('makes the Node and its lease, and is not ready before the engine is', async () => {
    const { agent, sent, kinds, created } = given();
    agent.start();
    await until(() => sent.length === 2);
    expect(kinds()).toEqual(['CreateObject nodes', 'CreateObject leases.coordination.k8s.io']);
    expect(sent[0]?.actor).toBe('system:node:node-a');
    expect(created().metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'node-a', zone: 'a' });
    expect(created().status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      message: 'container runtime is down: not reached yet',
    });
    agent.onApplicationShutdown();
  });

  it('takes a Node and a lease that are there already for made', async () => {
    const { agent, sent } = given([refused(409), refused(409)]);
    agent.start();
    await until(() => sent.length === 2);
    await jest.advanceTimersByTimeAsync(4_000);
    expect(sent).toHaveLength(2);
    agent.onApplicationShutdown();
  });

  it('tries again, later each time, when the journal is away or refuses', async () => {
    const { agent, sent } = given([new Error('no answer'), refused(422)]);
    agent.start();
    await until(() => sent.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    await jest.advanceTimersByTimeAsync(249);
    expect(sent).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    await until(() => sent.length === 2);
    await new Promise((resolve) => setImmediate(resolve));
    await jest.advanceTimersByTimeAsync(500);
    await until(() => sent.length === 4);
    expect(sent.map(({ type }) => type)).toEqual(Array(4).fill('CreateObject'));
    agent.onApplicationShutdown();
  });

  it('writes what has changed and nothing else: the conditions when the engine is there, then nothing', async () => {
    const { agent, sent, kinds, created, folds } = given();
    agent.start();
    await until(() => sent.length === 2);
    folds(created());
    agent.engineUp(engine);
    await until(() => sent.length === 3);
    expect(kinds()[2]).toBe('PatchObject nodes');
    const { patch } = sent[2]?.data as unknown as { patch: { status: ObjectOf<'nodes'>['status'] } };
    expect(Object.keys(patch.status ?? {}).sort()).toEqual(['conditions', 'nodeInfo']);
    folds({ ...created(), status: { ...created().status, ...patch.status } });
    for (let i = 0; i < 3; i++) {
      agent.wake();
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toHaveLength(3);
    agent.onApplicationShutdown();
  });

  describe('of an engine that goes away', () => {
    const readyOf = ({ sent, created }: ReturnType<typeof given>): string | undefined => {
      const patches = sent.flatMap(({ data }) => ('patch' in data ? [data.patch as ObjectOf<'nodes'>] : []));
      const conditions = (patches.at(-1) ?? created()).status?.conditions;
      return conditions?.find(({ type }) => type === 'Ready')?.status;
    };
    const started = async () => {
      const rig = given();
      rig.agent.start();
      await until(() => rig.sent.length === 2);
      rig.folds(rig.created());
      rig.agent.engineUp(engine);
      await until(() => readyOf(rig) === 'True');
      const { patch } = rig.sent[2]?.data as unknown as { patch: ObjectOf<'nodes'> };
      rig.folds({ ...rig.created(), status: { ...rig.created().status, ...patch.status } });
      return rig;
    };

    it('says nothing while it is away for less than half a minute, however often', async () => {
      const { agent, sent } = await started();
      const before = sent.length;
      for (let i = 0; i < 3; i++) {
        agent.engineDown('restarting');
        await jest.advanceTimersByTimeAsync(29_000);
        agent.engineUp(engine);
      }
      await jest.advanceTimersByTimeAsync(60_000);
      expect(sent).toHaveLength(before);
      agent.onApplicationShutdown();
    });

    it('says so after half a minute, counted from when it left', async () => {
      const rig = await started();
      rig.agent.engineDown('gone');
      await jest.advanceTimersByTimeAsync(20_000);
      rig.agent.engineDown('still gone');
      await jest.advanceTimersByTimeAsync(10_000);
      await until(() => readyOf(rig) === 'False');
      rig.agent.onApplicationShutdown();
    });
  });

  it('puts its labels back, and leaves others’ alone', async () => {
    const { agent, sent, created, folds } = given();
    agent.start();
    await until(() => sent.length === 2);
    const { metadata } = created();
    folds({ ...created(), metadata: { ...metadata, labels: { ...metadata.labels, zone: 'b', mine: 'yes' } } });
    agent.wake();
    await until(() => sent.length === 3);
    expect(sent[2]?.data).toMatchObject({ patchType: 'merge', patch: { metadata: { labels: { zone: 'a' } } } });
    agent.onApplicationShutdown();
  });

  it('says that it lives at each interval until it is stopped', async () => {
    const { agent, beats } = given();
    agent.start();
    expect(beats).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(beats).toHaveLength(3);
    agent.onApplicationShutdown();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(beats).toHaveLength(3);
  });
});
