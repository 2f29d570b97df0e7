import { eventually } from '@shiplog/testing';
import type { Pod } from '../domain/pod';
import { NODE, shell, TestNode } from '../testing/test-node';

/** What no machine has: it is always short. */
const NEVER_ENOUGH = { EVICTION_INTERVAL: '200ms', EVICTION_PRESSURE_TRANSITION_PERIOD: '1s' };

describe('a node that runs short of something, on a real engine', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.start();
  });
  afterAll(() => node.stop());

  const restart = async (env: Record<string, string>): Promise<void> => {
    await node.stopKubelet();
    await node.startKubelet(env);
  };
  const evicted = (name: string): Promise<Pod> => node.until(name, ({ status }) => status?.phase === 'Failed');
  const told = (name: string, reason: string) =>
    node.notes.flatMap((note) => (note.about.name === name && note.reason === reason ? [note.message] : []));
  const condition = (type: string) =>
    node.projection.get('nodes', '', NODE)?.status?.conditions?.find((item) => item.type === type)?.status;

  it('ends pods that write more than they may, and leaves the others', async () => {
    await restart({ VOLUME_USAGE_INTERVAL: '200ms' });
    const limited = (megabytes: number) => ({
      containers: [
        {
          name: 'main',
          command: shell(`busybox dd if=/dev/zero of=/written bs=1M count=${megabytes}; sleep 1000`),
          resources: { limits: { 'ephemeral-storage': '4Mi' } },
        },
      ],
    });
    await node.pod('within', limited(1));
    await node.untilReady('within');
    await node.pod('beyond', limited(9));
    expect((await evicted('beyond')).status).toMatchObject({
      reason: 'Evicted',
      message: 'Pod ephemeral local storage usage exceeds the total limit of containers 4Mi. ',
    });
    expect(node.get('within')?.status?.phase).toBe('Running');
    await node.delete('within', 0);
    await node.untilGone('within');
  });

  it('of memory ends the pods that take more than they asked for, one by one, then others, and never a critical one', async () => {
    const asking = (memory: string, script: string) => [
      { name: 'main', command: shell(script), resources: { requests: { memory } } },
    ];
    // What is last replaces the shell, and what it holds is gone.
    const script = 'x=$(busybox yes | busybox head -c 40000000); echo > /full; sleep 1000; true';
    const isFull = { exec: { command: shell('busybox test -e /full') }, periodSeconds: 1 };
    await node.pod('greedy', {
      containers: asking('1Mi', script).map((container) => ({ ...container, readinessProbe: isFull })),
    });
    await node.pod('modest', { containers: asking('500Mi', 'sleep 1000') });
    await node.pod('critical', { priorityClassName: 'system-node-critical' });
    for (const name of ['greedy', 'modest', 'critical']) await node.untilReady(name);
    await restart({ ...NEVER_ENOUGH, EVICTION_HARD: 'memory.available<1000Ti' });
    const { status } = await evicted('greedy');
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    expect(status?.message).toMatch(
      /^The node was low on resource: memory\. Threshold quantity: 1000Ti, available: \d+Ki\. Container main was using \S+, request is 1Mi, has larger consumption of memory\. $/,
    );
    expect(status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'TerminationByKubelet',
      message: status?.message,
    });
    expect(told('greedy', 'Evicted')).toEqual([status?.message]);
    expect(told(NODE, 'EvictionThresholdMet')).toContain('Attempting to reclaim memory');
    await evicted('modest');
    const order = node.notes.flatMap(({ reason, about }) => (reason === 'Evicted' ? [about.name] : []));
    expect(order.slice(-2)).toEqual(['greedy', 'modest']);
    expect(node.get('critical')?.status?.phase).toBe('Running');
    await eventually(() => condition('MemoryPressure') === 'True');
    await node.pod('late', {});
    expect((await evicted('late')).status).toMatchObject({
      reason: 'Evicted',
      message: 'Pod was rejected: The node had condition: [MemoryPressure]. ',
    });
  });

  it('of the disk takes away what nobody uses, then the pod that has written most', async () => {
    await restart({ ...NEVER_ENOUGH, EVICTION_PRESSURE_TRANSITION_PERIOD: '0s' });
    await eventually(() => condition('MemoryPressure') === 'False');
    const writing = (megabytes: number) => `busybox dd if=/dev/zero of=/written bs=1M count=${megabytes}; sleep 1000`;
    await node.pod('once', { restartPolicy: 'Never', script: 'true' });
    await node.pod('small', { script: writing(1) });
    await node.pod('large', { script: writing(30) });
    const over = await node.until('once', ({ status }) => status?.phase === 'Succeeded');
    for (const name of ['small', 'large']) await node.untilReady(name);
    const kept = () => node.engine.docker('ps', '-aq', '--filter', `label=io.kubernetes.pod.uid=${over.metadata.uid}`);
    expect(await kept()).not.toBe('');
    await restart({ ...NEVER_ENOUGH, EVICTION_HARD: 'nodefs.available<100%' });
    expect((await evicted('large')).status?.message).toMatch(/^The node was low on resource: ephemeral-storage\. /);
    expect(await kept()).toBe('');
    expect(node.get('once')?.status).toMatchObject({ phase: 'Succeeded' });
    expect(node.get('once')?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(0);
    await evicted('small');
    const order = node.notes.flatMap(({ reason, about }) => (reason === 'Evicted' ? [about.name] : []));
    expect(order.slice(-2)).toEqual(['large', 'small']);
    await eventually(() => condition('DiskPressure') === 'True');
  });
});
