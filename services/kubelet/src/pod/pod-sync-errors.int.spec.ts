import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { RuntimeError } from '../runtime/runtime';
import { pod } from '../testing/builders';
import { PodsRig } from '../testing/pods-rig';
import type { Pod } from '../domain/pod';

/** Much more than any look at a pod takes, also on a busy machine. */
const LONGEST_GAP_MS = 1_000;

const other = (uid = 'uid-2', spec: Parameters<typeof pod>[0] = {}): Pod => pod(spec, {}, { uid, name: uid });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a pod that can not be had', () => {
  let stateDir: string;
  let rig: PodsRig;
  let beats: NodeJS.Timeout;
  let longestGap: number;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'shiplog-pods-'));
    rig = await PodsRig.make(stateDir);
    longestGap = 0;
    let last = performance.now();
    beats = setInterval(() => {
      const now = performance.now();
      longestGap = Math.max(longestGap, now - last);
      last = now;
    }, 5);
  });
  /** In all of them the event loop goes on: a node whose heart beats. */
  afterEach(async () => {
    clearInterval(beats);
    rig.close();
    await rm(stateDir, { recursive: true, force: true });
    expect(rig.loops).toBe(0);
    expect(longestGap).toBeLessThan(LONGEST_GAP_MS);
  });

  const calls = (name: string) => rig.runtime.calls.filter((call) => call.startsWith(`${name} `)).length;
  const waiting = (uid = 'uid-1') => rig.status(uid)?.containerStatuses?.[0]?.state?.waiting;
  const whatItSays = (message: string) =>
    eventually(
      () => {
        expect(rig.notes).toContain('FailedCreatePodSandBox');
        expect(waiting()).toEqual({ reason: 'ContainerCreating', message });
        return true;
      },
      { everyMs: 2 },
    );

  it.each([
    ['the network agent is stopped', 'no network agent answers on node-a'],
    ['no address is free', 'all addresses of 10.244.1.0/24 are taken'],
    ['the network agent has no podCIDR', 'the node has no pod network yet'],
    ['the manifest names a host address that is none', 'hostPorts[0].hostIP must be an IPv4 address'],
  ])('because %s: it says why, backs off, holds up no other, and comes up by itself', async (_, reason) => {
    rig.onAttach = ({ metadata }) =>
      metadata.uid === 'uid-1' && rig.pods.length === 0 ? Promise.reject(new Error(reason)) : Promise.resolve();
    rig.tell(undefined, pod());
    await whatItSays(reason);
    rig.tell(undefined, other());
    await rig.untilRunning('uid-2');
    await pause(1_200);
    expect(calls('createSandbox')).toBeLessThan(6);
    expect(calls('start')).toBe(1);
    // The cause is gone.
    rig.pods = [pod()];
    const began = Date.now();
    await rig.untilRunning();
    expect(Date.now() - began).toBeLessThan(4_000);
    expect(waiting()).toBeUndefined();
  });

  it('because the network agent hangs holds up no pod that does not need it', async () => {
    const hanging = deferred();
    rig.onAttach = ({ spec }) => (spec?.hostNetwork === true ? Promise.resolve() : hanging.promise);
    const many = Array.from({ length: 12 }, (_, i) => `hung-${i}`);
    for (const uid of many) rig.tell(undefined, other(uid));
    await eventually(() => calls('startSandbox') === many.length, { everyMs: 2 });
    rig.tell(undefined, other('hosted', { hostNetwork: true }));
    await rig.untilRunning('hosted');
    hanging.resolve();
    for (const uid of many) await rig.untilRunning(uid);
  });

  it('because the engine was killed while it started: it is there as soon as the engine is', async () => {
    const away = new RuntimeError('unavailable', 'connect ECONNREFUSED');
    const real = { ...bound(rig.runtime) };
    const gone = () => Promise.reject(away);
    Object.assign(rig.runtime, Object.fromEntries(Object.keys(real).map((name) => [name, gone])));
    rig.tell(undefined, pod());
    await eventually(
      () => rig.notes.includes('FailedCreatePodSandBox') && waiting()?.message === 'connect ECONNREFUSED',
    );
    rig.connection.isUp = false;
    await pause(1_500);
    Object.assign(rig.runtime, real);
    rig.connection.isUp = true;
    rig.pods = [pod()];
    await rig.table.relist();
    const began = Date.now();
    rig.manager.adopt();
    await rig.untilRunning();
    expect(Date.now() - began).toBeLessThan(400);
  });

  it('because the engine keeps the failed sandbox: the next attempt says so too, and goes on', async () => {
    const remove = rig.runtime.remove.bind(rig.runtime);
    rig.runtime.remove = () => Promise.reject(new RuntimeError('refused', 'removal is impossible'));
    rig.attachError = new Error('no address');
    rig.tell(undefined, pod());
    await whatItSays('no address');
    rig.runtime.remove = remove;
    rig.attachError = undefined;
    await rig.untilRunning();
  });

  it('because its running sandbox gets no network: the next kubelet says so, and goes on with it', async () => {
    rig.tell(undefined, pod());
    await rig.untilRunning();
    rig.close();
    const next = await PodsRig.make(stateDir);
    for (const [id, item] of rig.runtime.containers) next.runtime.containers.set(id, item);
    next.runtime.end(rig.app(), 1);
    next.attachError = new Error('no network agent');
    next.pods = [pod({}, rig.status())];
    await next.table.relist();
    next.manager.adopt();
    await eventually(
      () => {
        const container = next.status()?.containerStatuses?.[0];
        expect(container?.state?.waiting).toEqual({ reason: 'ContainerCreating', message: 'no network agent' });
        return true;
      },
      { everyMs: 2 },
    );
    expect(next.notes.filter((reason) => reason === 'NetworkNotReady')).toHaveLength(1);
    next.attachError = undefined;
    await next.untilRunning();
    expect(next.runtime.calls.some((call) => call.startsWith('createSandbox'))).toBe(false);
    expect(next.loops).toBe(0);
    next.close();
  });

  it('because its container does not end: it is asked again, but ever more slowly', async () => {
    rig.tell(undefined, pod());
    await rig.untilRunning();
    const stop = jest.spyOn(rig.runtime, 'stop').mockImplementation(() => pause(1).then(() => undefined));
    rig.tell(pod(), pod({}, {}, { deletionTimestamp: new Date().toISOString() }));
    await pause(2_000);
    expect(stop.mock.calls.length).toBeGreaterThan(2);
    expect(stop.mock.calls.length).toBeLessThan(10);
    stop.mockRestore();
    await eventually(() => rig.deleted.length > 0, { everyMs: 10, timeoutMs: 15_000 });
  });

  it('because nobody can make sense of it: the others go on', async () => {
    const senseless = other('uid-3', { activeDeadlineSeconds: 5 });
    Object.defineProperty(senseless, 'status', {
      get: () => {
        throw new Error('no sense');
      },
    });
    rig.tell(undefined, senseless);
    rig.tell(undefined, pod());
    await rig.untilRunning();
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** The engine's calls, to be put back. */
function bound(runtime: PodsRig['runtime']) {
  const { createSandbox, startSandbox, createContainer, start, inspect, remove, image } = runtime;
  const all = { createSandbox, startSandbox, createContainer, start, inspect, remove, image };
  return Object.fromEntries(
    Object.entries(all).map(([name, call]) => [name, (call as (...args: unknown[]) => unknown).bind(runtime)]),
  );
}
