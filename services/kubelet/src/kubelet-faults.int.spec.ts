import { setTimeout as wait } from 'node:timers/promises';
import { StatusError, Heartbeat } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { eventually } from '@shiplog/testing';
import { containerOf, TestNode } from './testing/test-node';

/** An outage is nothing but its length. */
const OUTAGE_MS = 3_000;
/** The kubelet of the spec beats every half second; Kubernetes gives a node 40 s. */
const LONGEST_SILENCE_MS = 5_000;

describe('a kubelet whose pods can not be had', () => {
  let node: TestNode;
  let lastBeat: number;
  let longestSilence: number;
  const beat = () => {
    const now = performance.now();
    longestSilence = Math.max(longestSilence, now - lastBeat);
    lastBeat = now;
  };
  beforeAll(async () => {
    node = await TestNode.start();
    node.system.bus.hear(Heartbeat, beat);
  });
  afterAll(() => node.stop());
  beforeEach(() => {
    longestSilence = 0;
    lastBeat = performance.now();
  });
  afterEach(() => {
    node.refuseAddresses(undefined);
    beat();
    expect(longestSilence).toBeLessThan(LONGEST_SILENCE_MS);
  });

  /** Waits until the pod says why it waits: its container, and an event. */
  const saysWhy = async (name: string, cause: RegExp): Promise<void> => {
    await node.until(name, (pod) => {
      const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting;
      return waiting?.reason === 'ContainerCreating' && cause.test(waiting.message ?? '');
    });
    const told = node.notes.find(({ about, reason }) => about.name === name && reason === 'FailedCreatePodSandBox');
    expect(told?.message).toMatch(cause);
  };
  const goesOnMeanwhile = async (name: string): Promise<void> => {
    await node.pod(name, { hostNetwork: true });
    await node.untilReady(name);
    expect(node.ready).toBe(true);
  };
  const ready = async (name: string, description: string): Promise<void> => {
    const began = Date.now();
    await node.untilReady(name);
    process.stdout.write(`${description}: Ready ${Date.now() - began} ms after the cause was gone\n`);
  };

  it('since the network agent is stopped: they say so, others start, and they run once it is there', async () => {
    await node.stopNetwork();
    await node.pod('agentless', {});
    await saysWhy('agentless', /./);
    await goesOnMeanwhile('meanwhile-1');
    await node.startNetwork();
    await ready('agentless', 'network agent stopped');
  });

  it.each([
    ['no address is free', 'full', statusOf.unavailable('all addresses of 10.244.1.0/24 are taken')],
    ['the agent has no podCIDR', 'bare', statusOf.unavailable('the node has no pod network yet')],
  ])('since %s: they say so, others start, and they run once there is', async (description, name, status) => {
    node.refuseAddresses(new StatusError(status));
    await node.pod(name, {});
    await saysWhy(name, new RegExp(status.message ?? ''));
    await goesOnMeanwhile(`meanwhile-${name}`);
    node.refuseAddresses(undefined);
    await ready(name, description);
  });

  it('since their host address is none that can be had: they say so, others start, and they can be deleted', async () => {
    const ports = [{ containerPort: 80, hostPort: 18_098, hostIP: '::1' }];
    await node.pod('odd', { containers: [{ name: 'main', ports }] });
    await saysWhy('odd', /IPv4/);
    await node.pod('even', {});
    await node.untilReady('even');
    expect(node.ready).toBe(true);
    await node.delete('odd');
    await node.untilGone('odd');
  });

  it('since NATS is cut off while a sandbox dies: the pod is made anew once NATS is there', async () => {
    const sandbox = (await node.engine.runtime().list()).find(
      (item) => item.role === 'sandbox' && item.pod.name === 'even',
    );
    await node.system.nats.pause('SIGKILL');
    await node.engine.docker('kill', sandbox?.id ?? '');
    await wait(OUTAGE_MS);
    await node.system.nats.resume();
    lastBeat = performance.now();
    longestSilence = 0;
    const began = Date.now();
    await node.until('even', (pod) => containerOf(pod).restartCount === 1 && containerOf(pod).ready, 30_000);
    process.stdout.write(`NATS cut, sandbox killed: Ready ${Date.now() - began} ms after NATS was there\n`);
  });

  it('since the engine is killed while they start, again and again: all run once it stays', async () => {
    const names = Array.from({ length: 6 }, (_, i) => `many-${i}`);
    for (const name of names) await node.pod(name, {});
    for (const afterMs of [150, 400, 900]) {
      await wait(afterMs);
      await node.engine.pause('SIGKILL');
      await node.engine.resume();
    }
    const began = Date.now();
    for (const name of names) await node.until(name, (pod) => pod.status?.phase === 'Running', 60_000);
    process.stdout.write(`engine killed: all run ${Date.now() - began} ms after it was there\n`);
    await eventually(() => node.ready);
  });
});

describe('a kubelet that was away itself, or its engine', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.start();
  });
  afterAll(() => node.stop());

  it('adopts its containers after a restart, untouched, and removes what nobody wants any more', async () => {
    await node.pod('stays', { readinessGates: [] });
    await node.pod('goes', {});
    const before = await node.untilReady('stays');
    await node.untilReady('goes');
    await node.stopKubelet();
    await node.delete('goes', 0);
    await node.untilGone('goes');
    await node.startKubelet();
    await eventually(async () => (await node.engine.runtime().list()).every((item) => item.pod.name === 'stays'));
    const after = await node.untilReady('stays');
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(containerOf(after)).toEqual(containerOf(before));
  });

  it('says that the engine is away, and finds everything again when it is back', async () => {
    const before = await node.untilReady('stays');
    await node.engine.pause();
    await eventually(() => !node.ready);
    await node.engine.resume();
    await eventually(() => node.ready, { timeoutMs: 30_000 });
    const pod = await node.untilReady('stays');
    expect(containerOf(pod)).toEqual(containerOf(before));
    await node.pod('fresh', {});
    await node.untilReady('fresh');
    for (const name of ['stays', 'fresh']) await node.delete(name);
    for (const name of ['stays', 'fresh']) await node.untilGone(name);
    await eventually(async () => (await node.engine.runtime().list()).length === 0);
  });

  it('registers its Node again when somebody has deleted it', async () => {
    await node.send({ type: 'DeleteObject', data: { resource: 'nodes', namespace: '', name: 'node-a' } });
    await eventually(() => node.ready);
  });
});
