import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodSpec } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import type { Pod } from '../domain/pod';
import { container, pod } from '../testing/builders';
import { PodsRig } from '../testing/pods-rig';

describe('the pods that a node takes', () => {
  let stateDir: string;
  let rig: PodsRig;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'shiplog-admission-'));
    rig = await PodsRig.make(stateDir);
  });
  afterEach(async () => {
    rig.close();
    await rm(stateDir, { recursive: true, force: true });
  });

  const named = (name: string, spec: Partial<PodSpec>, status: Pod['status'] = {}): Pod =>
    pod(spec, status, { name, uid: name });
  const web = { containers: [container({ ports: [{ containerPort: 80, hostPort: 80 }] })] };
  const untilRefused = (uid: string) =>
    eventually(() => rig.status(uid)?.phase === 'Failed' && rig.status(uid), { everyMs: 2 });

  it('are refused where they do not fit, with an event, and nothing of them is started', async () => {
    rig.tell(undefined, named('large', { containers: [container({ resources: { requests: { cpu: '1000' } } })] }));
    await untilRefused('large');
    expect(rig.status('large')).toMatchObject({
      reason: 'OutOfcpu',
      message: expect.stringMatching(
        /^Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: 0, capacity: \d+$/,
      ),
      startTime: expect.any(String),
    });
    expect(rig.status('large')?.containerStatuses).toBeUndefined();
    expect(rig.notes).toEqual(['OutOfcpu']);
    expect(rig.runtime.calls).toEqual([]);
  });

  it('are deleted in full although they were refused', async () => {
    const refused = named('lost', { nodeSelector: { disk: 'ssd' } });
    rig.tell(undefined, refused);
    await untilRefused('lost');
    rig.tell(refused, {
      ...refused,
      status: rig.status('lost'),
      metadata: { ...refused.metadata, deletionTimestamp: new Date().toISOString() },
    });
    await eventually(() => rig.deleted.includes('lost'), { everyMs: 2 });
    expect(rig.settled.at(-1)).toMatchObject({ phase: 'Failed', reason: 'NodeAffinity' });
  });

  it('have a port in the order in which they came, until the first has ended or is gone', async () => {
    const first = named('first', web);
    rig.tell(undefined, first);
    rig.tell(undefined, named('second', web));
    await untilRefused('second');
    expect(rig.status('second')?.reason).toBe('NodePorts');
    await rig.untilRunning('first');
    rig.tell(first, { ...first, status: { phase: 'Succeeded' } });
    rig.tell(undefined, named('third', web));
    await rig.untilRunning('third');
    rig.tell(named('third', web), undefined);
    rig.tell(undefined, named('fourth', web));
    await rig.untilRunning('fourth');
  });

  it('stay when a new kubelet finds them running, whatever came before them in the log', async () => {
    const running = named('running', web);
    rig.tell(undefined, running);
    await rig.untilRunning('running');
    rig.close();
    const next = await PodsRig.make(stateDir);
    for (const [id, item] of rig.runtime.containers) next.runtime.containers.set(id, item);
    const earlier = named('earlier', web);
    next.pods = [
      { ...earlier, metadata: { ...earlier.metadata, creationTimestamp: '2025-01-01T00:00:00Z' } },
      { ...running, status: rig.status('running') },
    ];
    await next.table.relist();
    next.manager.adopt();
    await eventually(() => next.status('earlier')?.reason === 'NodePorts' && next.attached.has('running'), {
      everyMs: 2,
    });
    next.close();
  });

  it('keep the status of their refusal over a restart of the kubelet', async () => {
    const status = { phase: 'Failed', reason: 'OutOfcpu', message: 'Pod was rejected: …' };
    rig.tell(undefined, named('refused', { nodeSelector: { disk: 'ssd' } }, status));
    await eventually(() => rig.status('refused') !== undefined, { everyMs: 2 });
    expect(rig.status('refused')).toEqual(status);
    expect(rig.notes).toEqual([]);
  });

  it('make room for a critical one that would not fit, which starts when they have ended', async () => {
    const asking = (name: string, cpu: number, priority = 0): Pod =>
      named(name, { priority, containers: [container({ resources: { requests: { cpu: String(cpu) } } })] });
    const [victim, system] = [asking('victim', cpus().length), asking('system', 1, 2_000_000_000)];
    rig.tell(undefined, victim);
    await rig.untilRunning('victim');
    rig.tell(undefined, asking('refused', 1));
    await untilRefused('refused');
    rig.tell(undefined, system);
    expect(rig.notes.at(-1)).toBe('Preempting');
    await eventually(() => rig.status('victim')?.phase === 'Failed', { everyMs: 2 });
    expect(rig.status('victim')).toMatchObject({
      reason: 'Preempting',
      message: 'Preempted in order to admit critical pod',
    });
    expect(rig.status('victim')?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      reason: 'TerminationByKubelet',
      message: 'Pod was preempted by Kubelet to accommodate a critical pod.',
    });
    expect(rig.app('system')).toBe('');
    rig.tell(victim, { ...victim, status: rig.status('victim') });
    await rig.untilRunning('system');
    rig.tell(undefined, asking('too-much', 10_000, 2_000_000_000));
    expect((await untilRefused('too-much')) as object).toMatchObject({
      reason: 'UnexpectedAdmissionError',
      message: expect.stringContaining('no set of running pods found to reclaim resources: [(res: cpu, q: '),
    });
    expect(rig.status('system')?.phase).toBe('Running');
  });

  it('are judged by the labels and taints of the Node as it is then', async () => {
    const metadata = { name: 'node-a', uid: 'n', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
    rig.node = { apiVersion: 'v1', kind: 'Node', metadata: { ...metadata, labels: { disk: 'ssd' } }, spec: {} };
    rig.tell(undefined, named('fits', { nodeSelector: { disk: 'ssd' } }));
    await rig.untilRunning('fits');
    rig.node = { ...rig.node, spec: { taints: [{ key: 'away', effect: 'NoExecute' }] } };
    rig.tell(undefined, named('repelled', { nodeSelector: { disk: 'ssd' } }));
    await untilRefused('repelled');
    expect(rig.status('repelled')?.reason).toBe('TaintToleration');
    expect(rig.status('fits')?.phase).toBe('Running');
  });
});
