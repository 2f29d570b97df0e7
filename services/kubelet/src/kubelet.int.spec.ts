import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePart } from '@shiplog/bus';
import { EVENT_FORMAT, subjects, type StoredObject } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { BUSYBOX } from './testing/test-engine';
import { containerOf, isReady, NODE, shell, TestNode } from './testing/test-node';

describe('a kubelet on a real engine', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.start();
  });
  afterAll(() => node.stop());

  const runtime = () => node.engine.runtime();
  const idOf = (url: string | undefined): string => (url ?? '').replace('docker://', '');

  it('takes a bound pod to Ready and reports it whole', async () => {
    await node.pod('plain', { script: 'echo hello; exec sleep 1000' });
    const pod = await node.untilReady('plain');
    expect(pod.status).toMatchObject({
      phase: 'Running',
      qosClass: 'BestEffort',
      hostIP: '127.0.0.1',
      podIP: expect.stringMatching(/^10\.9\.0\./),
    });
    expect(containerOf(pod)).toMatchObject({
      ready: true,
      started: true,
      restartCount: 0,
      image: BUSYBOX,
      imageID: expect.stringMatching(/^docker:\/\/sha256:/),
      containerID: expect.stringMatching(/^docker:\/\/[0-9a-f]{64}$/),
    });
    const types = pod.status?.conditions?.filter((item) => item.status === 'True').map((item) => item.type);
    expect(types?.sort()).toEqual([
      'ContainersReady',
      'Initialized',
      'PodReadyToStartContainers',
      'PodScheduled',
      'Ready',
    ]);
    await eventually(async () => (await node.logs(pod)) === 'hello\n');
  });

  it('tells of the images that its engine keeps', async () => {
    const images = () => node.projection.get('nodes', '', NODE)?.status?.images ?? [];
    await eventually(() => images().some(({ names, sizeBytes = 0 }) => names?.includes(BUSYBOX) && sizeBytes > 0));
  });

  it('says nothing more to the log while nothing happens', async () => {
    const before = node.get('plain')?.metadata.resourceVersion;
    await node.untilBeats(3);
    expect(node.get('plain')?.metadata.resourceVersion).toBe(before);
  });

  it('answers docker kill with a restart at once, and keeps the log of the life before', async () => {
    const pod = await node.untilReady('plain');
    const began = Date.now();
    await node.engine.docker('kill', idOf(containerOf(pod).containerID));
    const again = await node.until('plain', (item) => isReady(item) && containerOf(item).restartCount === 1);
    expect(Date.now() - began).toBeLessThan(2_500);
    expect(containerOf(again).lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
    expect(await node.logs(again, 'main', { previous: true })).toBe('hello\n');
  });

  it('makes a pod anew when its sandbox has died: another network namespace, the same pod', async () => {
    const sandbox = (await runtime().list()).find((item) => item.role === 'sandbox' && item.pod.name === 'plain');
    await node.engine.docker('kill', sandbox?.id ?? '');
    const again = await node.until('plain', (item) => isReady(item) && containerOf(item).restartCount === 2);
    const sandboxes = (await runtime().list()).filter((item) => item.role === 'sandbox' && item.pod.name === 'plain');
    expect(sandboxes.filter((item) => item.state.phase === 'running')).toHaveLength(1);
    expect(sandboxes.map((item) => item.id)).not.toContain(sandbox?.id);
    expect(again.metadata.uid).toBe(sandbox?.pod.uid);
  });

  it('deletes a pod without leaving anything behind', async () => {
    await node.delete('plain');
    await node.untilGone('plain');
    expect(await runtime().list()).toEqual([]);
    expect(node.attached.size).toBe(0);
    expect(await readdir(join(node.stateDir, 'pods'))).toEqual([]);
  });

  it('backs off from a container that keeps crashing', async () => {
    await node.pod('crash', { script: 'echo dying; echo -n why > /dev/termination-log; exit 3' });
    const pod = await node.until('crash', (item) => containerOf(item).state?.waiting?.reason === 'CrashLoopBackOff');
    const { state, lastState, restartCount } = containerOf(pod);
    expect(state?.waiting?.message).toBe(
      `back-off 10s restarting failed container=main pod=crash_default(${pod.metadata.uid})`,
    );
    expect(lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error', message: 'why' });
    expect(restartCount).toBe(1);
    expect(pod.status?.phase).toBe('Running');
    await expect(node.logs(pod, 'main', { previous: true })).resolves.toBe('dying\n');
    await node.delete('crash');
    await node.untilGone('crash');
  });

  it('runs pods that end to their end: Succeeded, Failed, and OnFailure again', async () => {
    await node.pod('good', { restartPolicy: 'Never', script: 'exit 0' });
    await node.pod('bad', { restartPolicy: 'Never', script: 'exit 5' });
    await node.pod('retry', { restartPolicy: 'OnFailure', script: 'exit 1' });
    const good = await node.until('good', (item) => item.status?.phase === 'Succeeded');
    expect(containerOf(good).state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    const bad = await node.until('bad', (item) => item.status?.phase === 'Failed');
    expect(containerOf(bad).state?.terminated).toMatchObject({ exitCode: 5, reason: 'Error' });
    await node.until('retry', (item) => containerOf(item).restartCount > 0);
    await eventually(() => node.attached.size === 1);
    for (const name of ['good', 'bad', 'retry']) await node.delete(name);
    for (const name of ['good', 'bad', 'retry']) await node.untilGone(name);
    await eventually(async () => (await runtime().list()).length === 0);
  });

  it('runs init containers one after the other, then the containers', async () => {
    const mounts = [{ name: 'shared', mountPath: '/shared' }];
    await node.pod('inits', {
      volumes: [{ name: 'shared', emptyDir: {} }],
      initContainers: [
        { name: 'one', image: BUSYBOX, command: shell('sleep 0.3; echo one >> /shared/order'), volumeMounts: mounts },
        { name: 'two', image: BUSYBOX, command: shell('echo two >> /shared/order'), volumeMounts: mounts },
      ],
      containers: [{ name: 'main', command: shell('cat /shared/order; sleep 1000'), volumeMounts: mounts }],
    });
    const pod = await node.untilReady('inits');
    expect(await node.logs(pod)).toBe('one\ntwo\n');
    expect(pod.status?.initContainerStatuses?.map((item) => item.state?.terminated?.reason)).toEqual([
      'Completed',
      'Completed',
    ]);
    await node.delete('inits');
    await node.untilGone('inits');
  });

  it('gives containers their environment, files and limits', async () => {
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'conf' },
      data: { colour: 'blue', 'app.ini': 'x=1' },
    };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys' },
      data: { token: Buffer.from('s3cret').toString('base64') },
    };
    await node.create(configMap, 'configmaps');
    await node.create(secret, 'secrets');
    await node.pod('configured', {
      volumes: [
        { name: 'conf', configMap: { name: 'conf' } },
        { name: 'mem', emptyDir: { medium: 'Memory' } },
        { name: 'about', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      ],
      containers: [
        {
          name: 'main',
          command: shell(
            'echo $COLOUR $TOKEN $ME $IP $LIMIT "$0" $1; cat /conf/app.ini /about/name /etc/hostname; echo; grep configured /etc/hosts; ' +
              'mount | grep -c " /mem type tmpfs"; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2> /dev/null; id -u; touch /x 2> /dev/null || echo read-only; sleep 1000',
          ),
          args: ['$(COLOUR)-$$(X)', '$(ME)'],
          env: [
            { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'conf', key: 'colour' } } },
            { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
            { name: 'ME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
          ],
          resources: { limits: { memory: '64Mi', cpu: '500m' }, requests: { memory: '32Mi', cpu: '100m' } },
          securityContext: { runAsUser: 1000, readOnlyRootFilesystem: true },
          volumeMounts: [
            { name: 'conf', mountPath: '/conf' },
            { name: 'mem', mountPath: '/mem' },
            { name: 'about', mountPath: '/about' },
          ],
        },
      ],
    });
    const pod = await node.untilReady('configured');
    const log = await eventually(async () => {
      const text = await node.logs(pod);
      return text.includes('read-only') ? text.split('\n') : undefined;
    });
    expect(log.slice(0, 3)).toEqual([
      `blue s3cret configured ${pod.status?.podIP} 64 blue-$(X) configured`,
      'x=1configuredconfigured',
      '',
    ]);
    expect(log[3]).toBe(`${pod.status?.podIP}\tconfigured`);
    expect(log.slice(4, 7)).toEqual(['1', String(64 * 1024 * 1024), '1000']);
    expect(log).toContain('read-only');
  });

  it('brings files of a ConfigMap up to date while the pod runs', async () => {
    const key = { resource: 'configmaps', namespace: 'default', name: 'conf' } as const;
    await node.send({
      type: 'PatchObject',
      data: { ...key, patchType: 'merge', patch: { data: { 'app.ini': 'x=2' } } },
    });
    const pod = await node.untilReady('configured');
    const id = idOf(containerOf(pod).containerID);
    await eventually(async () => (await runtime().exec(id, shell('cat /conf/app.ini'), 2_000)).output === 'x=2');
    await node.delete('configured');
    await node.untilGone('configured');
    const stdout = await node.engine.docker('volume', 'ls', '-q');
    expect(stdout).toBe('');
  });

  it('says why a pod waits, and goes on once it needs not', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }];
    await node.pod('waits', { containers: [{ name: 'main', env }] });
    const waiting = await node.until(
      'waits',
      (item) => containerOf(item).state?.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(containerOf(waiting).state?.waiting?.message).toBe('configmap "late" not found');
    await node.create(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' }, data: { a: '1' } },
      'configmaps',
    );
    await node.untilReady('waits');
    await node.delete('waits');
  });

  it('gives images that are not there their waiting reasons, and such pods can be deleted', async () => {
    const never = { image: 'nowhere.invalid/nothing:1', imagePullPolicy: 'Never' };
    await node.pod('never', { containers: [{ name: 'main', ...never }] });
    await node.pod('pulls', { containers: [{ name: 'main', image: '127.0.0.1:1/nothing:1' }] });
    await node.pod('always', { containers: [{ name: 'main', imagePullPolicy: 'Always' }] });
    const reason = (name: string, wanted: string) =>
      node.until(name, (item) => containerOf(item).state?.waiting?.reason === wanted, 40_000);
    const pod = await reason('never', 'ErrImageNeverPull');
    expect(containerOf(pod).state?.waiting?.message).toBe(
      'Container image "nowhere.invalid/nothing:1" is not present with pull policy of Never',
    );
    await reason('pulls', 'ErrImagePull');
    const backedOff = await reason('pulls', 'ImagePullBackOff');
    expect(containerOf(backedOff).state?.waiting?.message).toContain('Back-off pulling image "127.0.0.1:1/nothing:1"');
    await expect(node.logs(backedOff)).rejects.toThrow(
      'container "main" in pod "pulls" is waiting to start: trying and failing to pull image',
    );
    for (const name of ['never', 'pulls', 'always']) await node.delete(name);
    for (const name of ['never', 'pulls', 'always', 'waits']) await node.untilGone(name);
  });

  it('follows readiness and restarts what is not alive any more', async () => {
    const probe = (test: string) => ({ exec: { command: shell(test) }, periodSeconds: 1, failureThreshold: 1 });
    await node.pod('probed', {
      script: 'touch /alive; sleep 1000',
      containers: [{ name: 'main', readinessProbe: probe('test -f /ready'), livenessProbe: probe('test -f /alive') }],
    });
    const unready = await node.until('probed', (item) => containerOf(item).state?.running !== undefined);
    expect(isReady(unready)).toBe(false);
    const id = idOf(containerOf(unready).containerID);
    await runtime().exec(id, shell('touch /ready'), 2_000);
    await node.untilReady('probed');
    await runtime().exec(id, shell('rm /ready'), 2_000);
    await node.until('probed', (item) => !isReady(item));
    expect(node.notes.some((note) => note.reason === 'Unhealthy' && note.about.name === 'probed')).toBe(true);
    await runtime().exec(id, shell('rm /alive'), 2_000);
    await node.until('probed', (item) => containerOf(item).restartCount === 1);
    await node.delete('probed');
    await node.untilGone('probed');
  });

  it('runs the postStart hook before it says that the container runs, and ends the container when it fails', async () => {
    const hooked = (name: string, script: string) =>
      node.pod(name, {
        restartPolicy: 'Never',
        script: 'sleep 1000',
        containers: [{ name: 'main', lifecycle: { postStart: { exec: { command: shell(script) } } } }],
      });
    await hooked('hooked', 'touch /hooked');
    const pod = await node.untilReady('hooked');
    const seen = await runtime().exec(idOf(containerOf(pod).containerID), shell('test -f /hooked'), 2_000);
    expect(seen.exitCode).toBe(0);
    await hooked('unhooked', 'exit 1');
    await node.until('unhooked', (item) => item.status?.phase === 'Failed');
    expect(node.notes.some((note) => note.reason === 'FailedPostStartHook')).toBe(true);
    for (const name of ['hooked', 'unhooked']) await node.delete(name);
    for (const name of ['hooked', 'unhooked']) await node.untilGone(name);
  });

  it('gives a pod of the host’s network the node’s address', async () => {
    await node.pod('host', { hostNetwork: true });
    const pod = await node.untilReady('host');
    expect(pod.status).toMatchObject({ podIP: '127.0.0.1', hostIP: '127.0.0.1' });
    expect(node.attached.size).toBe(0);
    await node.delete('host');
    await node.untilGone('host');
  });

  it('says that a container was killed for memory', async () => {
    const resources = { limits: { memory: '8Mi' }, requests: { memory: '8Mi' } };
    await node.pod('hungry', {
      restartPolicy: 'Never',
      script: 'a=x; while true; do a=$a$a; done',
      containers: [{ name: 'main', resources }],
    });
    const pod = await node.until('hungry', (item) => item.status?.phase === 'Failed');
    expect(containerOf(pod).state?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    await node.delete('hungry');
    await node.untilGone('hungry');
  });

  it('gives privileged pods what the engine here can give, and says what it can not', async () => {
    await node.pod('mighty', { containers: [{ name: 'main', securityContext: { privileged: true } }] });
    await node.untilReady('mighty');
    const { privileged } = await runtime().limits();
    expect(node.notes.some((note) => note.reason === 'Clamped')).toBe(!privileged);
    await node.delete('mighty');
    await node.untilGone('mighty');
  });

  it('lets a container end by itself within its grace, after its preStop hook', async () => {
    await node.pod('polite', {
      terminationGracePeriodSeconds: 20,
      script: 'trap "echo term; exit 0" TERM; while true; do sleep 0.1; done',
      containers: [{ name: 'main', lifecycle: { preStop: { exec: { command: shell('echo hook > /proc/1/fd/1') } } } }],
    });
    const pod = await node.untilReady('polite');
    const log = node.logs(pod, 'main', { follow: true });
    const began = Date.now();
    await node.delete('polite');
    await node.untilGone('polite');
    expect(Date.now() - began).toBeLessThan(8_000);
    expect(await log).toBe('hook\nterm\n');
  });

  it('acts on no pod that is not sound, whoever told of it, and goes on with the others', async () => {
    await mkdir(join(node.stateDir, 'precious'));
    for (const [n, fields] of [
      { metadata: { uid: '../precious' } },
      { metadata: { uid: 'ghost-uid', name: '../../ghost' } },
      { spec: { containers: [{ name: '../ghost', image: BUSYBOX }] } },
      { spec: { containers: [{ name: 'main', image: BUSYBOX, ports: [{ containerPort: '80; x' as never }] }] } },
    ].entries()) {
      await node.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `event-${n}` } }, 'configmaps');
      forge(node, `ghost-${n}`, fields);
    }
    await node.pod('sound', {});
    await node.untilReady('sound');
    expect((await runtime().list()).map((item) => item.pod.name).filter((name) => name.includes('ghost'))).toEqual([]);
    expect(await readdir(join(node.stateDir, 'precious'))).toEqual([]);
    const uid = node.get('sound')?.metadata.uid;
    expect(
      (await readdir(join(node.stateDir, 'pods'))).filter((item) => item !== uid && item.includes('ghost')),
    ).toEqual([]);
    await node.delete('sound', 0);
    await node.untilGone('sound');
  });
});

/** Tells the kubelet of a pod that the log doesn't know, as one could who may publish events. */
function forge(node: TestNode, name: string, fields: { metadata?: object; spec?: object }): void {
  const { position } = node.projection;
  const metadata = { name, namespace: 'default', uid: `uid-${name}`, ...fields.metadata };
  const spec = {
    nodeName: NODE,
    containers: [{ name: 'main', image: BUSYBOX, command: shell('sleep 9') }],
    ...fields.spec,
  };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata, spec } as unknown as StoredObject;
  const event = {
    position,
    time: '2026-01-01T00:00:00.000Z',
    fact: 'Created' as const,
    version: EVENT_FORMAT,
    resource: 'pods' as const,
  };
  const about = { namespace: 'default', name, uid: metadata.uid, node: NODE };
  const origin = { actor: 'nobody', commandId: 'forged', commandSeq: 0, data: { object } };
  const part = { epoch: 1, from: position, to: position, channels: ['pods', `pods@${NODE}`], heads: {} };
  const bytes = encodePart(part, [JSON.stringify({ ...event, ...about, ...origin })]);
  node.system.bus.connection.publish(subjects.commit({ resource: 'pods', node: NODE }), bytes);
}
