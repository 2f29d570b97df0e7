import {
  at,
  attachedView,
  container,
  exited,
  sandbox,
  NOW,
  observed,
  pod,
  running,
  view,
} from '../../testing/builders';
import { hasEnded, renderStatus } from './pod-status';
import type { PodView } from '../domain/view';

const first = (given: PodView) => renderStatus(given).containerStatuses?.[0];
const condition = (given: PodView, type: string) => renderStatus(given).conditions?.find((item) => item.type === type);

describe('the status of a pod', () => {
  it('says of a new pod that its containers are being created', () => {
    const status = renderStatus(view());
    expect(status).toMatchObject({ phase: 'Pending', hostIP: '192.0.2.1', startTime: '2026-01-01T00:00:00Z' });
    expect(status.podIP).toBeUndefined();
    expect(first(view())).toEqual({
      name: 'main',
      state: { waiting: { reason: 'ContainerCreating' } },
      lastState: {},
      ready: false,
      started: false,
      restartCount: 0,
      image: 'app:1',
      imageID: '',
    });
    expect(condition(view(), 'Ready')).toEqual({
      type: 'Ready',
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [main]',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
  });

  it('tells the addresses of both families, and keeps them when the pod has ended', () => {
    const podIPs = [{ ip: '10.244.1.2' }, { ip: 'fd00:10:244::2' }];
    const ips = podIPs.map(({ ip }) => ip);
    const given = attachedView([observed()], { podIPs: ips, hostIPs: ['192.0.2.1', '2001:db8::1'] });
    const status = renderStatus(given);
    expect(status).toMatchObject({
      podIP: '10.244.1.2',
      podIPs,
      hostIP: '192.0.2.1',
      hostIPs: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }],
    });
    expect(renderStatus({ ...given, pod: { ...given.pod, status }, podIPs: [] })).toMatchObject({ podIPs });
  });

  it('says of a running pod that it is ready', () => {
    const given = attachedView([observed()]);
    expect(renderStatus(given)).toMatchObject({
      phase: 'Running',
      podIP: '10.244.1.2',
      podIPs: [{ ip: '10.244.1.2' }],
    });
    expect(first(given)).toMatchObject({
      state: { running: { startedAt: '2025-12-31T23:59:00Z' } },
      ready: true,
      started: true,
      containerID: 'docker://main-0',
      imageID: 'docker://sha256:app',
    });
    for (const type of ['PodReadyToStartContainers', 'Initialized', 'ContainersReady', 'Ready', 'PodScheduled']) {
      expect(condition(given, type)?.status).toBe('True');
    }
  });

  it('keeps what others wrote, and moves a transition time only with its status', () => {
    const conditions = [
      { type: 'Ready', status: 'True', lastTransitionTime: 'before' },
      { type: 'example.org/gate', status: 'True' },
    ];
    const given = attachedView([observed()], { pod: pod({}, { conditions, qosClass: 'Burstable' }) });
    expect(renderStatus(given).qosClass).toBe('Burstable');
    expect(condition(given, 'Ready')?.lastTransitionTime).toBe('before');
    expect(condition(given, 'example.org/gate')).toEqual(conditions[1]);
  });

  it('is Failed, with the reason, once a pod that the node can not keep has ended; one that has succeeded stays so', () => {
    const eviction = { reason: 'Evicted', message: 'too large' };
    const given = attachedView([observed({ state: exited(137) })], { eviction });
    expect(renderStatus(given)).toMatchObject({ phase: 'Failed', ...eviction });
    const done = renderStatus({ ...given, pod: pod({}, { phase: 'Succeeded' }) });
    expect([done.phase, done.reason]).toEqual(['Succeeded', undefined]);
  });

  it('is not ready while a readiness gate is not passed', () => {
    const gated = pod({ readinessGates: [{ conditionType: 'example.org/gate' }] });
    expect(condition(attachedView([observed()], { pod: gated }), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
    });
  });

  it('holds a container with a readiness probe for unready until the probe has passed', () => {
    const probed = pod({ containers: [container({ readinessProbe: { tcpSocket: { port: 80 } } })] });
    expect(first(attachedView([observed()], { pod: probed }))?.ready).toBe(false);
    const probes = new Map([['main-0', { started: true, ready: true }]]);
    expect(first(attachedView([observed()], { pod: probed, probes }))?.ready).toBe(true);
  });

  it('names a crash loop in Kubernetes’ words', () => {
    const dead = observed({ attempt: 1, backoffSeconds: 10, state: exited(3, { to: -1 }) });
    const status = first(attachedView([dead]));
    expect(status?.state?.waiting).toEqual({
      reason: 'CrashLoopBackOff',
      message: 'back-off 10s restarting failed container=main pod=web_default(uid-1)',
    });
    expect(status?.lastState?.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
      containerID: 'docker://main-1',
    });
    expect(status?.restartCount).toBe(1);
    expect(renderStatus(attachedView([dead])).phase).toBe('Running');
  });

  it.each([
    [{ oomKilled: true }, 137, 'OOMKilled'],
    [{}, 0, 'Completed'],
    [{}, 2, 'Error'],
  ])('gives an end its reason: %j with exit code %i is %s', (how, exitCode, reason) => {
    const given = attachedView([observed({ state: exited(exitCode, how) })], { pod: pod({ restartPolicy: 'Never' }) });
    expect(first(given)?.state?.terminated).toMatchObject({ exitCode, reason });
  });

  it('does not forget that a container was killed for memory, as its engine may', () => {
    const told = { containerID: 'docker://main-0', exitCode: 137, reason: 'OOMKilled' };
    const before = { name: 'main', ready: false, restartCount: 0, image: 'app:1', imageID: '' };
    const status = { phase: 'Failed', containerStatuses: [{ ...before, state: { terminated: told } }] };
    const seen = attachedView([observed({ state: exited(137) })], { pod: pod({ restartPolicy: 'Never' }, status) });
    expect(renderStatus(seen).containerStatuses?.[0]?.state?.terminated).toMatchObject(told);
  });

  it('shares what termination messages may take among the containers', () => {
    const many = pod({ containers: ['main', 'b', 'c', 'd', 'e', 'f'].map((name) => container({ name })) });
    const messages = new Map([['main-0', 'x'.repeat(4_096)]]);
    const given = attachedView([observed({ state: exited(1, { to: 0 }), backoffSeconds: 10 })], {
      messages,
      pod: many,
    });
    expect(first(given)?.lastState?.terminated?.message).toHaveLength(2_048);
  });

  it('hands the termination message of a container on', () => {
    const messages = new Map([['main-0', 'disk full']]);
    const given = attachedView([observed({ state: exited(1) })], { messages, pod: pod({ restartPolicy: 'Never' }) });
    expect(first(given)?.state?.terminated?.message).toBe('disk full');
  });

  it('calls a failed pull by its first name, then by its second', () => {
    const syncError = {
      reason: 'ErrImagePull',
      message: 'no such host',
      retryAt: NOW + 10_000,
      later: { at: NOW + 2_000, reason: 'ImagePullBackOff', message: 'Back-off' },
    };
    const syncErrors = new Map([['main', syncError]]);
    expect(first(view({ syncErrors }))?.state?.waiting?.reason).toBe('ErrImagePull');
    expect(first(view({ syncErrors, now: NOW + 2_000 }))?.state?.waiting).toEqual({
      reason: 'ImagePullBackOff',
      message: 'Back-off',
    });
  });

  it('keeps the reported start of a container, so that a new kubelet changes nothing', () => {
    const reported = {
      ...(first(attachedView([observed()])) as NonNullable<ReturnType<typeof first>>),
      state: { running: { startedAt: '2025-12-31T23:58:59Z' } },
    };
    const given = attachedView([observed()], { pod: pod({}, { containerStatuses: [reported] }) });
    expect(first(given)).toEqual(reported);
  });

  it('tells of a container that could not be started what containerd does', () => {
    const failed = observed({ state: exited(127, { error: 'exec: "nope": not found' }) });
    expect(first(attachedView([failed], { pod: pod({ restartPolicy: 'Never' }) }))?.state?.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: 'exec: "nope": not found',
      startedAt: '1970-01-01T00:00:00Z',
    });
  });

  it('owns up to a container of which every trace is lost', () => {
    const reported = { ...(first(attachedView([observed()])) as NonNullable<ReturnType<typeof first>>) };
    const given = view({ pod: pod({ restartPolicy: 'Never' }, { containerStatuses: [reported] }) });
    expect(first(given)?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' });
  });

  describe('has a phase that', () => {
    const ends = (restartPolicy: string, ...codes: number[]) => {
      const names = codes.map((_, i) => `c${i}`);
      const spec = { restartPolicy, containers: names.map((name) => container({ name })) };
      return attachedView(
        codes.map((code, i) => observed({ name: names[i], state: exited(code) })),
        { pod: pod(spec) },
      );
    };

    it.each([
      ['Never', [0, 0], 'Succeeded'],
      ['Never', [0, 1], 'Failed'],
      ['OnFailure', [0, 0], 'Succeeded'],
      ['OnFailure', [0, 1], 'Running'],
      ['Always', [0, 0], 'Running'],
    ])('under %s with exit codes %j is %s', (policy, codes, phase) => {
      expect(renderStatus(ends(policy, ...codes)).phase).toBe(phase);
    });

    it('never leaves an end', () => {
      const given = attachedView([observed()], { pod: pod({}, { phase: 'Failed', reason: 'Evicted' }) });
      expect(renderStatus(given)).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    });

    it('is Failed once the pod has outlived its deadline and nothing of it runs any more', () => {
      const late = pod({ activeDeadlineSeconds: 10 }, { phase: 'Running', startTime: at(-11) });
      const before = attachedView([observed()], { pod: late });
      const status = renderStatus(before);
      expect([status.phase, status.reason, hasEnded(before, status)]).toEqual(['Running', undefined, true]);
      const starting = attachedView([], { pod: pod(late.spec, { startTime: at(-11) }), busy: new Set(['start:main']) });
      expect(renderStatus(starting).phase).toBe('Pending');
      expect(renderStatus(attachedView([observed({ state: exited(137) })], { pod: late }))).toMatchObject({
        phase: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
        containerStatuses: [{ state: { terminated: { exitCode: 137 } } }],
      });
    });

    it('keeps the reason of its end when the deadline passes after it', () => {
      const ended = pod({ activeDeadlineSeconds: 10 }, { phase: 'Failed', reason: 'Evicted', startTime: at(-11) });
      expect(renderStatus(attachedView([observed({ state: exited(1) })], { pod: ended })).reason).toBe('Evicted');
    });

    it('is Failed when an init container failed for good', () => {
      const spec = { restartPolicy: 'Never', initContainers: [container({ name: 'one' })] };
      const given = attachedView([observed({ name: 'one', role: 'init', state: exited(1) })], { pod: pod(spec) });
      expect(renderStatus(given).phase).toBe('Failed');
      expect(condition(given, 'Initialized')).toMatchObject({ message: 'containers with incomplete status: [one]' });
    });

    it('of a deleted pod tells how its containers ended', () => {
      expect(renderStatus({ ...ends('Always', 0), desiredPhase: 'end' }).phase).toBe('Succeeded');
      expect(renderStatus({ ...ends('Always', 143), desiredPhase: 'end' }).phase).toBe('Failed');
    });
  });

  it('is not ready to start containers without its network', () => {
    const given = view({ containers: [sandbox(running())] });
    expect(condition(given, 'PodReadyToStartContainers')?.status).toBe('False');
  });

  it('calls what a pod with init containers waits for its initialisation, whatever holds it up', () => {
    const given = pod({ initContainers: [container({ name: 'one' })] });
    const syncErrors = new Map([['', { reason: 'ContainerCreating', message: 'no volume', retryAt: NOW }]]);
    const held = renderStatus(view({ pod: given, syncErrors }));
    const waiting = { waiting: { reason: 'PodInitializing', message: 'no volume' } };
    expect(held).toMatchObject({
      initContainerStatuses: [{ state: waiting }],
      containerStatuses: [{ state: waiting }],
    });
    const done = observed({ name: 'one', role: 'init', state: exited(0) });
    expect(first(attachedView([done], { pod: given }))?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
  });

  it('says of read-only mounts that they are not so with all below them', () => {
    const volumeMounts = [
      { name: 'a', mountPath: '/a', readOnly: true },
      { name: 'b', mountPath: '/b' },
    ];
    const given = view({ pod: pod({ containers: [container({ volumeMounts })] }) });
    expect(first(given)?.volumeMounts).toEqual([
      { name: 'a', mountPath: '/a', readOnly: true, recursiveReadOnly: 'Disabled' },
      { name: 'b', mountPath: '/b' },
    ]);
  });

  it('does not call the end that it is in the last one as well', () => {
    const ended = { exitCode: 1, containerID: 'docker://main-0' };
    const before = {
      name: 'main',
      image: '',
      imageID: '',
      ready: false,
      restartCount: 0,
      containerID: 'docker://main-0',
    };
    const waited = pod(
      { restartPolicy: 'Never' },
      { containerStatuses: [{ ...before, state: { waiting: {} }, lastState: { terminated: ended } }] },
    );
    const status = first(attachedView([observed({ state: exited(1) })], { pod: waited }));
    expect([status?.state?.terminated?.containerID, status?.lastState]).toEqual(['docker://main-0', {}]);
  });

  it('runs until its last sidecar has ended, though nothing of it is to run any more', () => {
    const spec = { restartPolicy: 'Never', initContainers: [container({ name: 'proxy', restartPolicy: 'Always' })] };
    const sidecar = (state = running()) => observed({ name: 'proxy', role: 'init', state });
    const given = (proxy = sidecar()) =>
      attachedView([proxy, observed({ state: exited(0) })], { pod: pod({ ...spec, containers: [container()] }) });
    const before = given();
    expect([renderStatus(before).phase, hasEnded(before, renderStatus(before))]).toEqual(['Running', true]);
    const after = given(sidecar(exited(137)));
    expect(renderStatus(after)).toMatchObject({
      phase: 'Succeeded',
      initContainerStatuses: [{ state: { terminated: { exitCode: 137 } } }],
    });
  });
});
