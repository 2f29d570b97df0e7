import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodCondition, PodStatus, StoredObject } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { RuntimeError } from '../runtime/runtime';
import { container, pod } from '../testing/builders';
import { PodsRig } from '../testing/pods-rig';

describe('the worker of a pod', () => {
  let stateDir: string;
  let rig: PodsRig;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'shiplog-pods-'));
    rig = await PodsRig.make(stateDir);
  });
  afterEach(async () => {
    rig.close();
    expect(rig.loops).toBe(0);
    await rm(stateDir, { recursive: true, force: true });
  });

  it('makes the app container while the sandbox starts, and starts it once the network is there', async () => {
    rig.tell(undefined, pod());
    await rig.untilRunning();
    const order = rig.runtime.calls.map((call) => call.split(/[ -]/)[0]);
    expect(order[0]).toBe('createSandbox');
    expect(order.at(-1)).toBe('start');
    expect(rig.status()).toMatchObject({ phase: 'Running', podIP: '10.244.1.2' });
  });

  it('starts nothing while the network is missing, and tries again', async () => {
    rig.attachError = new Error('no pod network yet');
    rig.tell(undefined, pod());
    await eventually(() => rig.notes.includes('FailedCreatePodSandBox'), { everyMs: 2 });
    expect(rig.runtime.calls.some((call) => call.startsWith('start '))).toBe(false);
    rig.attachError = undefined;
    await rig.untilRunning();
  });

  it('says why its containers can not be given what the pod asks for, tries again, and forgets of it then', async () => {
    const asking = (cpu: string) => pod({ containers: [container({ resources: { requests: { cpu } } })] });
    const progress = () => conditionOf(rig, 'PodResizeInProgress');
    rig.tell(undefined, asking('100m'));
    await rig.untilRunning();
    rig.runtime.failNext('resize', new RuntimeError('refused', 'unable to apply cgroup configuration'));
    rig.tell(asking('100m'), asking('200m'));
    await eventually(() => progress()?.reason === 'Error', { everyMs: 2 });
    expect(progress()).toMatchObject({ status: 'True', message: 'unable to apply cgroup configuration' });
    await eventually(() => progress() === undefined, { everyMs: 2 });
    expect(rig.runtime.calls.filter((call) => call.startsWith('resize '))).toHaveLength(2);
  });

  it('restarts what ended, as another attempt of the same container', async () => {
    rig.tell(undefined, pod());
    await rig.untilRunning();
    rig.runtime.end(rig.app(), 1);
    await eventually(() => rig.status()?.containerStatuses?.[0]?.restartCount === 1 && rig.app() !== '', {
      everyMs: 2,
    });
    expect(rig.status()?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(1);
  });

  it('pulls what is missing, and says why it can not', async () => {
    rig.runtime.failNext('pull', new RuntimeError('refused', 'no such host'));
    rig.tell(undefined, pod({ containers: [container({ image: 'other:1' })] }));
    await eventually(() => rig.status()?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull', {
      everyMs: 2,
    });
    expect(rig.status()?.containerStatuses?.[0]?.state?.waiting?.message).toBe('no such host');
  });

  it('tells the engine’s refusal to make a container', async () => {
    rig.runtime.failNext('createContainer', new RuntimeError('refused', 'invalid mount'));
    rig.tell(undefined, pod());
    await eventually(() => rig.status()?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerError', {
      everyMs: 2,
    });
  });

  it('ends a deleted pod, tells its last status, and has it deleted from the log', async () => {
    rig.tell(undefined, pod());
    await rig.untilRunning();
    const ending = pod(
      {},
      {},
      { deletionTimestamp: new Date(Date.now() + 5_000).toISOString(), deletionGracePeriodSeconds: 5 },
    );
    rig.tell(pod(), ending);
    await eventually(() => rig.deleted.length > 0, { everyMs: 2 });
    expect(rig.settled[0]?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 143 });
    expect(rig.runtime.containers.size).toBe(0);
    expect(rig.attached.size).toBe(0);
    rig.tell(ending, undefined);
    expect(rig.manager.size).toBe(0);
  });

  it('logs what becomes of a pod, for whoever looks at night', async () => {
    rig.tell(undefined, pod());
    await rig.untilRunning();
    rig.tell(pod(), undefined);
    await eventually(() => rig.manager.size === 0, { everyMs: 2 });
    const lines = rig.lines.map((line) => JSON.parse(line) as { msg: string; pod: string; uid: string });
    const about = lines.filter(({ uid, pod: name }) => uid === 'uid-1' && name === 'default/web');
    const told = ['a pod has its network', 'a container runs', 'a container is to end', 'a pod is gone from this node'];
    expect(about.map(({ msg }) => msg).sort()).toEqual(told.sort());
  });

  it('tells of a failure that is nobody’s in particular, once, and goes on when it is over', async () => {
    const away = new RuntimeError('unavailable', 'the engine does not answer');
    const looking = jest.spyOn(rig.mounts, 'available').mockRejectedValue(away);
    const spec = {
      volumes: [{ name: 'v', downwardAPI: { items: [{ path: 'me', fieldRef: { fieldPath: 'metadata.name' } }] } }],
      containers: [container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
    };
    rig.tell(undefined, pod(spec));
    await eventually(() => rig.notes.includes('FailedSync'), { everyMs: 2 });
    const waiting = rig.status()?.containerStatuses?.[0]?.state?.waiting;
    expect([waiting?.reason, waiting?.message]).toEqual(['ContainerCreating', away.message]);
    expect(rig.notes.filter((reason) => reason === 'Pulled')).toEqual([]);
    looking.mockRestore();
    await rig.untilRunning();
    expect(rig.notes.filter((reason) => reason === 'FailedSync')).toHaveLength(1);
  });

  it('tells at each attempt of a volume that can not be made, and makes it when it can', async () => {
    // By then the kubelet has removed what it did not know.
    rig.tell(undefined, pod({}, {}, { uid: 'uid-0', name: 'first' }));
    await rig.untilRunning('uid-0');
    const before = rig.notes.length;
    const volumes = join(stateDir, 'pods', 'uid-1', 'volumes');
    await mkdir(join(volumes, '..'), { recursive: true });
    await writeFile(volumes, 'in the way');
    const volumeMounts = [{ name: 'v', mountPath: '/v' }];
    const containers = ['main', 'other'].map((name) => container({ name, volumeMounts }));
    rig.tell(undefined, pod({ volumes: [{ name: 'v', emptyDir: {} }], containers }));
    const told = (reason: string) => rig.notes.slice(before).filter((item) => item === reason).length;
    await eventually(() => told('FailedMount') === 2, { everyMs: 2 });
    const waiting = rig.status()?.containerStatuses?.[0]?.state?.waiting;
    expect([waiting?.reason, waiting?.message]).toEqual([
      'ContainerCreating',
      expect.stringMatching(/^MountVolume.SetUp failed for volume "v" : E.*volumes/),
    ]);
    expect([told('Pulled'), told('FailedSync')]).toEqual([0, 0]);
    await rm(volumes);
    await rig.untilRunning();
  });

  it('clears away a pod that is gone from the log, without asking the log', async () => {
    rig.tell(undefined, pod());
    await rig.untilRunning();
    rig.tell(pod(), undefined);
    await eventually(() => rig.manager.size === 0, { everyMs: 2 });
    expect(rig.runtime.containers.size).toBe(0);
    expect(rig.deleted).toEqual([]);
  });

  it('keeps two pods of one name apart by their uids', async () => {
    rig.tell(undefined, pod());
    await rig.untilRunning();
    rig.tell(pod(), pod({}, {}, { uid: 'uid-2' }));
    await eventually(() => rig.status('uid-2')?.phase === 'Running' && rig.manager.size === 1, { everyMs: 2 });
    expect([...rig.runtime.containers.values()].every((item) => item.pod.uid === 'uid-2')).toBe(true);
  });

  it('adopts what runs, and ends what nobody wants', async () => {
    rig.tell(undefined, pod());
    rig.tell(undefined, pod({}, {}, { uid: 'uid-2', name: 'other' }));
    await rig.untilRunning();
    await eventually(() => rig.status('uid-2')?.phase === 'Running', { everyMs: 2 });
    rig.close();
    const next = await PodsRig.make(stateDir);
    for (const [id, item] of rig.runtime.containers) next.runtime.containers.set(id, item);
    next.pods = [pod({}, rig.status())];
    await next.table.relist();
    next.manager.adopt();
    await eventually(() => next.runtime.containers.size === 2 && next.attached.has('uid-1'), { everyMs: 2 });
    expect(next.runtime.calls.filter((call) => /create|^start /.test(call))).toEqual([]);
    next.close();
  });

  it('lets a pod be deleted that is still being pulled', async () => {
    rig.runtime.pull = (_reference: string, _auth: unknown, signal?: AbortSignal) =>
      new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    rig.tell(undefined, pod({ containers: [container({ image: 'huge:1' })] }));
    await eventually(() => rig.notes.includes('Pulling'), { everyMs: 2 });
    rig.tell(pod(), pod({}, {}, { deletionTimestamp: new Date().toISOString() }));
    await eventually(() => rig.deleted.length > 0, { everyMs: 2 });
  });

  describe('whose ConfigMap the journal does not answer for', () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'conf', key: 'a', optional: true } } }];
    const naming = () => pod({ containers: [container({ env })] });
    let answer: (object: StoredObject | null) => void;
    beforeEach(() => {
      const answered = new Promise<StoredObject | null>((resolve) => (answer = resolve));
      rig.reference = () => answered;
    });

    it('does not begin, but holds up no other pod; with the answer it runs', async () => {
      rig.tell(undefined, naming());
      rig.tell(undefined, pod({}, {}, { uid: 'uid-2', name: 'other' }));
      await eventually(() => rig.status('uid-2')?.phase === 'Running', { everyMs: 2 });
      expect([...rig.runtime.containers.values()].every((item) => item.pod.uid === 'uid-2')).toBe(true);
      const metadata = { name: 'conf', namespace: 'default', uid: 'uid-conf', resourceVersion: '1' };
      answer({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'x' } } as unknown as StoredObject);
      await eventually(() => rig.status('uid-1')?.phase === 'Running', { everyMs: 2 });
      const id = [...rig.runtime.containers.values()].find(
        (item) => item.role === 'app' && item.pod.uid === 'uid-1',
      )?.id;
      expect(rig.runtime.specs.get(id ?? '')).toMatchObject({ env: expect.arrayContaining(['A=x']) });
      expect(rig.notes).not.toContain('FailedCreatePodSandBox');
    });

    it('can be deleted all the same', async () => {
      rig.tell(undefined, naming());
      await eventually(() => rig.status() !== undefined, { everyMs: 2 });
      const deletionTimestamp = new Date().toISOString();
      rig.tell(naming(), pod({ containers: [container({ env })] }, {}, { deletionTimestamp }));
      await eventually(() => rig.deleted.length > 0, { everyMs: 2 });
      expect(rig.runtime.containers.size).toBe(0);
      expect(rig.notes).not.toContain('FailedCreatePodSandBox');
    });
  });

  describe('with files of a ConfigMap', () => {
    const mounting = (status: PodStatus = {}) =>
      pod({ volumes: [{ name: 'conf', configMap: { name: 'conf' } }] }, status);
    const conf = (version: string): StoredObject => {
      const metadata = { name: 'conf', namespace: 'default', uid: 'uid-conf', resourceVersion: version };
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { file: version } } as unknown as StoredObject;
    };
    const file = () => readFile(join(stateDir, 'pods', 'uid-1', 'volumes', 'conf', 'file'), 'utf8');
    const answer = (rig: PodsRig, object: StoredObject | null) => {
      rig.reference = () => Promise.resolve(object);
      rig.references.changed({ resource: 'configmaps', namespace: 'default', name: 'conf' });
    };
    beforeEach(async () => {
      rig.reference = () => Promise.resolve(conf('1'));
      rig.tell(undefined, mounting());
      await rig.untilRunning();
    });

    it('follows one that was gone for a while', async () => {
      answer(rig, null);
      await eventually(() => rig.notes.includes('FailedMount'), { everyMs: 2 });
      expect(await file()).toBe('1');
      answer(rig, conf('2'));
      await eventually(async () => (await file()) === '2', { everyMs: 2 });
    });

    it('is brought up to date by the next kubelet, and follows them there', async () => {
      rig.close();
      const next = await PodsRig.make(stateDir);
      for (const [id, item] of rig.runtime.containers) next.runtime.containers.set(id, item);
      next.pods = [mounting(rig.status())];
      next.reference = () => Promise.resolve(conf('2'));
      await next.table.relist();
      next.manager.adopt();
      await eventually(async () => (await file()) === '2', { everyMs: 2 });
      answer(next, conf('3'));
      await eventually(async () => (await file()) === '3', { everyMs: 2 });
      expect(next.runtime.calls.filter((call) => /create|^start /.test(call))).toEqual([]);
      next.close();
    });
  });
});

function conditionOf(rig: PodsRig, type: string): PodCondition | undefined {
  return rig.status()?.conditions?.find((item) => item.type === type);
}
