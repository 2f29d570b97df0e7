import { setTimeout as wait } from 'node:timers/promises';
import type { Pod } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { cpuOf } from '../../../bench/src/parts/cpu';
import { Minion } from '../../../bench/src/parts/minion';
import { memoryOf } from '../../../launcher/src/system/memory';

const PODS = '/api/v1/namespaces/default/pods';
const CONTROLLERS = '/api/v1/namespaces/default/replicationcontrollers';
const NAME = 'many';
/** Each starts in a fifth of a second or so, on two cores; what takes three times as long is not waited for. */
const MS_A_POD = 1_000;
/** A list of all is no small thing for the machine that is measured. */
const LOOK_EVERY_MS = 250;
/** What runs on a minion: the services, and the engine below them. */
const SERVICES = ['kubelet', 'network', 'proxy'];
const ENGINE = ['dockerd', 'containerd'];

/** Starts so many pods on one minion, looks at what they cost while they only run, and removes them. The figures for people. */
export async function measureMinion(pods: number, seconds: number): Promise<void> {
  const minion = await Minion.start(1);
  try {
    const ready = () => readyPods(minion);
    const until = { timeoutMs: pods * MS_A_POD + 30_000, everyMs: LOOK_EVERY_MS };
    const startedMs = await timed(async () => {
      await minion.client.post(CONTROLLERS, controllerOf(pods));
      await eventually(async () => (await ready()).length === pods, until);
    });
    say(`${pods} pods on one minion: all Ready ${inSeconds(startedMs)} after the request for them`);
    await rest(minion, seconds);
    const steady = await ready();
    const restarts = steady.reduce((sum, pod) => sum + (pod.status?.containerStatuses?.[0]?.restartCount ?? 0), 0);
    say(`after ${seconds} s: ${steady.length} Ready, ${restarts} restarts`);
    const endedMs = await timed(async () => {
      await minion.client.patch(`${CONTROLLERS}/${NAME}`, { spec: { replicas: 0 } });
      await eventually(async () => (await podsOf(minion)).length === 0, until);
      await minion.cleared();
    });
    say(`all gone, with their containers, ${inSeconds(endedMs)} after they were no longer wanted`);
  } finally {
    await minion.stop();
  }
}

/** What the minion's processes take while nothing happens. */
async function rest(minion: Minion, seconds: number): Promise<void> {
  const names = [...SERVICES, ...ENGINE];
  const pidOf = (name: string): number => {
    const state = minion.cluster.registry.get(`minion-1-${name}`)?.state;
    if (state?.kind !== 'running')
      throw new Error(`${name} does not run on a minion of its own: this needs Linux and root`);
    return state.identity.pid;
  };
  const before = names.map((name) => cpuOf(pidOf(name)));
  await wait(seconds * 1_000);
  for (const [nth, name] of names.entries()) {
    const pid = pidOf(name);
    const share = (100 * (cpuOf(pid) - before[nth]!)) / (seconds * 1e6);
    say(
      `  ${name.padEnd(10)} ${(memoryOf(pid) / 1e6).toFixed(0).padStart(4)} MB  ${share.toFixed(2).padStart(6)} % of a core`,
    );
  }
}

async function podsOf({ client }: Minion): Promise<Pod[]> {
  return (await client.get<{ items: Pod[] }>(PODS)).items;
}

async function readyPods(minion: Minion): Promise<Pod[]> {
  const pods = await podsOf(minion);
  return pods.filter(({ status }) =>
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );
}

function controllerOf(replicas: number) {
  const labels = { app: NAME };
  const container = { name: 'c', image: 'busybox:1.36', command: ['sleep', '36000'] };
  const spec = { terminationGracePeriodSeconds: 0, containers: [container] };
  return {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: NAME },
    spec: { replicas, selector: labels, template: { metadata: { labels }, spec } },
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
