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
import type { PodStatus } from '@shiplog/contracts';
import type { ContainerState, ObservedContainer } from '../../runtime/runtime';
import { decidePod, type PodAction } from './pod-actions';
import type { PodView } from '../domain/view';

const STATUS = { name: '', image: '', imageID: '', ready: false, restartCount: 0 };

const actions = (given: PodView, ended = false): readonly PodAction[] => decidePod(given, ended).actions;
const kinds = (given: PodView, ended = false): string[] =>
  actions(given, ended).map((item) =>
    'container' in item
      ? `${item.do}:${typeof item.container === 'string' ? item.container : item.container.name}`
      : item.do,
  );

describe('deciding what a pod needs', () => {
  it('starts the sandbox and all app containers of a new pod at once', () => {
    const two = pod({ containers: [container(), container({ name: 'side' })] });
    expect(kinds(view({ pod: two }))).toEqual(['sandbox', 'start:main', 'start:side']);
  });

  describe('of ephemeral containers', () => {
    const debugged = pod({ ephemeralContainers: [{ name: 'helper', image: 'tools:1' }] });
    const helper = (state: ContainerState): ObservedContainer => observed({ name: 'helper', role: 'ephemeral', state });

    it('starts one beside what runs, or waits, already', () => {
      expect(kinds(attachedView([observed()], { pod: debugged }))).toEqual(['start:helper']);
      const waiting = { ...debugged, spec: { ...debugged.spec!, initContainers: [container({ name: 'init' })] } };
      expect(kinds(attachedView([], { pod: waiting }))).toEqual(['start:init', 'start:helper']);
    });

    it.each<[string, ObservedContainer[], PodStatus]>([
      ['runs', [helper(running())], {}],
      ['has ended, well or not', [helper(exited(1))], {}],
      ['was lost', [], { ephemeralContainerStatuses: [{ ...STATUS, name: 'helper', containerID: 'docker://gone' }] }],
    ])('starts none that %s', (_, containers, status) => {
      expect(kinds(attachedView([observed(), ...containers], { pod: { ...debugged, status } }))).toEqual([]);
    });

    it('ends one with its pod', () => {
      const ending = attachedView([helper(running())], { pod: debugged, desiredPhase: 'end' });
      expect(kinds(ending)).toEqual(['kill:helper']);
    });
  });

  describe('of a container that the engine could not start', () => {
    // Made while its sandbox was still being started, which is then the later of the two.
    const never = (to: number) => exited(127, { from: -95, to, error: 'no such file' });
    const given = (to: number, spec = {}) =>
      attachedView([observed({ state: never(to), backoffSeconds: 10 })], { pod: pod(spec) });

    it('waits for its back-off, as for any other that ended', () => {
      expect(decidePod(given(-4), false)).toEqual({ actions: [], wakeAt: NOW + 6_000 });
      expect(actions(given(-11))).toEqual([
        { do: 'start', container: container(), role: 'app', attempt: 1, backoffSeconds: 20 },
      ]);
    });

    it('does not think that the pod is initialized for its sake', () => {
      const inits = { initContainers: [container({ name: 'init' })] };
      expect(kinds(given(-11, inits))).toEqual(['start:init']);
    });
  });

  it('lets be what runs as it should', () => {
    expect(decidePod(attachedView([observed()]), false)).toEqual({ actions: [] });
  });

  it('does not begin again what is under way', () => {
    const given = view({ busy: new Set(['sandbox', 'start:main'] as const) });
    expect(actions(given)).toEqual([]);
  });

  it('waits with a container whose start failed until its next attempt is due', () => {
    const syncErrors = new Map([['main', { reason: 'ErrImagePull', message: 'no', retryAt: NOW + 5_000 }]]);
    expect(decidePod(attachedView([], { syncErrors }), false)).toEqual({ actions: [], wakeAt: NOW + 5_000 });
    expect(kinds(attachedView([], { syncErrors, now: NOW + 5_000 }))).toEqual(['start:main']);
  });

  it('waits with the whole pod when the sync error is the whole pod’s', () => {
    const syncErrors = new Map([['', { reason: 'ContainerCreating', message: 'no volume', retryAt: NOW + 1 }]]);
    expect(decidePod(view({ syncErrors }), false)).toEqual({ actions: [], wakeAt: NOW + 1 });
  });

  it('replaces a container of which the engine has lost every trace, counting it as a restart', () => {
    const known = {
      name: 'main',
      image: 'app:1',
      imageID: '',
      ready: true,
      restartCount: 2,
      containerID: 'docker://old',
    };
    const lost = pod({}, { containerStatuses: [known] });
    expect(actions(attachedView([], { pod: lost }))).toMatchObject([{ do: 'start', attempt: 3 }]);
  });

  it('adopts a running sandbox by making sure of its network', () => {
    const given = view({ containers: [sandbox(), observed()] });
    expect(kinds(given)).toEqual(['attach']);
  });

  describe('after a container has ended', () => {
    it('restarts it at once the first time', () => {
      expect(actions(attachedView([observed({ state: exited(1) })]))).toMatchObject([
        { do: 'start', attempt: 1, backoffSeconds: 10 },
      ]);
    });

    it('waits for the back-off that the container was given', () => {
      const dead = observed({ attempt: 2, backoffSeconds: 20, state: exited(1, { to: -5 }) });
      expect(decidePod(attachedView([dead]), false)).toEqual({ actions: [], wakeAt: NOW + 15_000 });
      const due = actions(attachedView([dead], { now: NOW + 15_000 }));
      expect(due).toMatchObject([{ do: 'start', attempt: 3, backoffSeconds: 40 }]);
    });

    it.each([
      ['Always', 0, true],
      ['OnFailure', 0, false],
      ['OnFailure', 1, true],
      ['Never', 1, false],
    ])('with policy %s and exit code %i: starts again is %s', (restartPolicy, exitCode, again) => {
      const given = attachedView([observed({ state: exited(exitCode) })], { pod: pod({ restartPolicy }) });
      expect(kinds(given)).toEqual(again ? ['start:main'] : []);
    });

    it('keeps the last dead attempt and removes those before', () => {
      const lives = [
        observed({ attempt: 2 }),
        observed({ attempt: 1, state: exited(1) }),
        observed({ attempt: 0, state: exited(1) }),
      ];
      expect(actions(attachedView(lives))).toEqual([{ do: 'remove', id: 'main-0' }]);
    });
  });

  describe('when the network namespace is lost', () => {
    it('kills what still runs in it', () => {
      const given = view({ containers: [sandbox(exited(137)), observed()], attachedPid: 100 });
      expect(actions(given)).toMatchObject([
        { do: 'kill', id: 'main-0', reason: 'Pod sandbox changed, it will be killed and re-created.' },
      ]);
    });

    it('then makes both anew, without back-off', () => {
      const dead = observed({ attempt: 1, backoffSeconds: 10, state: exited(137) });
      expect(kinds(view({ containers: [sandbox(exited(137)), dead] }))).toEqual(['sandbox', 'start:main', 'remove']);
    });

    it('sees through a sandbox that was restarted behind our back', () => {
      const restarted = sandbox({ phase: 'running', startedAt: at(-1), pid: 555 });
      const given = view({ containers: [restarted, observed()], attachedPid: 100 });
      expect(kinds(given)).toEqual(['kill:main']);
      expect(actions(view({ containers: [restarted], attachedPid: 100 }))).toEqual([{ do: 'remove', id: 'sandbox-0' }]);
    });

    it('replaces containers that are older than the sandbox they should have joined', () => {
      const given = attachedView([observed({ state: running(-100) })]);
      expect(kinds(given)).toEqual(['kill:main']);
    });
  });

  it('replaces a container whose image was changed', () => {
    const given = attachedView([observed({ image: 'app:0' })]);
    expect(actions(given)).toMatchObject([
      { do: 'kill', reason: 'Container main definition changed, will be restarted' },
    ]);
  });

  it('kills what its liveness probe has given up, with the probe’s own grace', () => {
    const probes = new Map([
      ['main-0', { started: true, ready: false, unhealthy: 'Container main failed', graceSeconds: 3 }],
    ]);
    expect(actions(attachedView([observed()], { probes }))).toMatchObject([{ do: 'kill', graceSeconds: 3 }]);
  });

  describe('with init containers', () => {
    const withInits = pod({
      initContainers: [container({ name: 'one' }), container({ name: 'two' })],
      containers: [container()],
    });
    const init = (name: string, state = exited(0)) => observed({ name, role: 'init', state });

    it('starts only the first of them', () => {
      expect(kinds(view({ pod: withInits }))).toEqual(['sandbox', 'start:one']);
    });

    it('goes on with the next when one is done, and with the containers when all are', () => {
      expect(kinds(attachedView([init('one')], { pod: withInits }))).toEqual(['start:two']);
      expect(kinds(attachedView([init('one'), init('two')], { pod: withInits }))).toEqual(['start:main']);
    });

    it('does not run them again while the containers have run in this network namespace', () => {
      expect(kinds(attachedView([observed({ state: exited(1) })], { pod: withInits }))).toEqual(['start:main']);
    });

    it('runs them again in a new network namespace', () => {
      const old = [
        init('one', exited(0, { from: -200, to: -190 })),
        observed({ state: exited(137, { from: -180, to: -100 }) }),
      ];
      expect(actions(attachedView(old, { pod: withInits }))).toMatchObject([
        { do: 'start', container: { name: 'one' }, attempt: 1 },
      ]);
    });

    it('tries a failed one again, unless the pod is never restarted', () => {
      const failed = [init('one', exited(1))];
      expect(kinds(attachedView(failed, { pod: withInits }))).toEqual(['start:one']);
      const never = pod({ ...withInits.spec, restartPolicy: 'Never' });
      expect(kinds(attachedView(failed, { pod: never }))).toEqual([]);
    });

    it('lets a sidecar run on beside the containers', () => {
      const sidecar = pod({ initContainers: [container({ name: 'proxy', restartPolicy: 'Always' })] });
      expect(kinds(view({ pod: sidecar }))).toEqual(['sandbox', 'start:proxy']);
      expect(kinds(attachedView([observed({ name: 'proxy', role: 'init' })], { pod: sidecar }))).toEqual([
        'start:main',
      ]);
    });
  });

  describe('when the pod is to end', () => {
    const deleted = (seconds: number) =>
      pod({}, {}, { deletionTimestamp: at(seconds), deletionGracePeriodSeconds: 30 });

    it('gives its containers what is left of the grace', () => {
      const given = attachedView([observed()], { desiredPhase: 'end', pod: deleted(12) });
      expect(actions(given)).toMatchObject([{ do: 'kill', graceSeconds: 12 }]);
    });

    it('gives one that is evicted no time', () => {
      const given = attachedView([observed()], { eviction: { reason: 'Evicted', message: 'too large' } });
      expect(decidePod(given, true).actions).toMatchObject([{ do: 'kill', graceSeconds: 1 }]);
    });

    it('gives one that its node can do without no more time than that grants, or than it asks for', () => {
      const grace = (graceSeconds: number) => {
        const eviction = { reason: 'Evicted', message: 'low on memory', graceSeconds };
        return decidePod(attachedView([observed()], { eviction }), true).actions;
      };
      expect(grace(20)).toMatchObject([{ do: 'kill', graceSeconds: 20 }]);
      expect(grace(0)).toMatchObject([{ do: 'kill', graceSeconds: 1 }]);
      expect(grace(90)).toMatchObject([{ do: 'kill', graceSeconds: 30 }]);
    });

    it('never gives more than was granted, however the clocks differ', () => {
      expect(actions(attachedView([observed()], { desiredPhase: 'end', pod: deleted(500) }))).toMatchObject([
        { graceSeconds: 30 },
      ]);
      expect(actions(attachedView([observed()], { desiredPhase: 'end', pod: deleted(-500) }))).toMatchObject([
        { graceSeconds: 1 },
      ]);
    });

    it('gives up starts that are under way, and waits for them', () => {
      const busy = new Set(['start:main'] as const);
      expect(kinds(attachedView([], { desiredPhase: 'end', pod: deleted(30), busy }))).toEqual(['cancel-starts']);
    });

    it('ends sidecars last, one by one, in reverse', () => {
      const sidecar = (name: string) => container({ name, restartPolicy: 'Always' });
      const spec = { initContainers: [sidecar('log'), sidecar('proxy')] };
      const all = [observed({ name: 'log', role: 'init' }), observed({ name: 'proxy', role: 'init' }), observed()];
      const given = { desiredPhase: 'end' as const, pod: pod(spec) };
      expect(kinds(attachedView(all, given))).toEqual(['kill:main']);
      expect(kinds(attachedView(all.slice(0, 2), given))).toEqual(['kill:proxy']);
      expect(kinds(attachedView(all.slice(0, 1), given))).toEqual(['kill:log']);
    });

    it('finishes when nothing runs any more', () => {
      expect(kinds(attachedView([observed({ state: exited(0) })], { desiredPhase: 'end' }))).toEqual(['finish']);
      expect(kinds(view({ desiredPhase: 'gone' }))).toEqual(['finish']);
    });

    it('forces containers of a pod that the log does not have', () => {
      expect(actions(attachedView([observed()], { desiredPhase: 'gone' }))).toMatchObject([
        { do: 'kill', graceSeconds: 1 },
      ]);
    });

    it('only gives the address of a pod that has ended by itself back', () => {
      const given = attachedView([observed({ state: exited(0) })], { pod: pod({ restartPolicy: 'Never' }) });
      expect(actions(given, true)).toEqual([{ do: 'drop-sandbox', id: 'sandbox-0' }]);
    });
  });

  it('wakes up for activeDeadlineSeconds', () => {
    const limited = pod({ activeDeadlineSeconds: 60 }, { startTime: at(-20) });
    expect(decidePod(attachedView([observed()], { pod: limited }), false).wakeAt).toBe(NOW + 40_000);
  });
});
