import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster } from '../cluster';
import { sentenceOf } from '../failure';
import type { MinionLayout } from '../layout';
import { hasEnded, signalProcess } from '../processes/ending';
import { identityOf } from '../processes/identity';
import { mountPointsBelow } from '../system/mounts';
import { succeeds } from '../system/run';
import { engineAt, pingEngine } from './engine-client';
import { ctrAt, type Ctr } from './ctr';
import { containerdSocket } from './docker-runtime';
import { runtimeProcesses } from './runtimes';

const LOOK_EVERY_MS = 4_000;
/** What an engine forgets when it is killed shows within this time after it has started again. */
const LOOKS_FOR_MS = 60_000;
const ENDING_MS = 3_000;
/** containerd's name for what dockerd has there. */
const NAMESPACE = 'moby';

/**
 * Removes what a killed engine has forgotten. dockerd or containerd that dies while it starts or ends a container leaves it
 * in containerd, with a process that looks after it, and never asks for it again.
 */
export class EngineSweep {
  readonly #ending = new AbortController();
  #sweeping: Promise<void> = Promise.resolve();
  /** By minion, what its engine did not know at the last look. */
  readonly #unknown = new Map<string, ReadonlySet<string>>();

  /** Told last: it is found again at the next look. */
  #problem = '';

  constructor(private readonly cluster: Cluster) {}

  start(): void {
    this.#sweeping = this.#sweep();
  }

  /** Resolves once nothing is being removed any more. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#sweeping;
  }

  /**
   * Looks once, and removes what an engine did not know at the last look either.
   * @returns ids of containers, and mount points of their file systems
   */
  async look(minion: MinionLayout): Promise<string[]> {
    // In this order: what comes between the two looks is known, and what goes is unknown only once.
    const containers = [...shimsOf(minion).keys(), ...(await containersIn(minion))];
    const mounts = layerMounts(minion);
    const listed = await engineAt(`unix://${minion.socket}`).listContainers({ all: true });
    const known = new Set(listed.flatMap(({ Id }) => [Id, ...layerMountOf(minion, Id)]));
    const unknown = new Set([...containers, ...mounts].filter((item) => !known.has(item)));
    const before = this.#unknown.get(minion.name);
    this.#unknown.set(minion.name, unknown);
    const lost = [...unknown].filter((item) => before?.has(item) === true);
    for (const item of lost) {
      if (mounts.includes(item)) await succeeds('umount', ['-l', item]);
      else await remove(minion, item);
    }
    return lost;
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      for (const minion of this.#minions.filter((item) => this.#hasJustStarted(item))) await this.#lookAndTell(minion);
      await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #lookAndTell(minion: MinionLayout): Promise<void> {
    const { tell } = this.cluster;
    // One that is down or starting is its process's matter.
    if (!(await pingEngine(`unix://${minion.socket}`))) return;
    try {
      const lost = await this.look(minion);
      if (lost.length > 0) tell(`removed what the engine of ${minion.name} had forgotten: ${describe(lost)}`);
    } catch (error) {
      const problem = `what the engine of ${minion.name} may have forgotten stays for now: ${sentenceOf(error)}`;
      if (problem !== this.#problem) tell(problem);
      this.#problem = problem;
    }
  }

  /** containerd by itself looks after this at each start. */
  get #minions(): MinionLayout[] {
    return this.cluster.layout.minions.filter(({ runtime }) => runtime === 'docker');
  }

  #hasJustStarted(minion: MinionLayout): boolean {
    const states = runtimeProcesses(minion).map((name) => this.cluster.registry.get(name)?.state);
    const since = states.map((state) => (state?.kind === 'running' ? state.since : Infinity));
    return Date.now() - Math.max(...since) < LOOKS_FOR_MS && Math.max(...since) !== Infinity;
  }
}

/** The processes that look after containers, by the id of each; their command lines say whose they are. */
function shimsOf(minion: MinionLayout): Map<string, number> {
  const socket = containerdSocket(minion);
  const found = new Map<string, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const words = commandLine(entry);
    if (!words[0]?.includes('containerd-shim') || !words.includes(socket)) continue;
    const id = words[words.indexOf('-id') + 1];
    if (id !== undefined) found.set(id, Number(entry));
  }
  return found;
}

/** File systems of containers, and those of their first layers, which are mounted for a moment while one is created. */
function layerMounts(minion: MinionLayout): string[] {
  return mountPointsBelow(layersOf(minion)).filter((point) => basename(point) === 'merged');
}

/** Where the engine mounts the file system of a container that it knows. */
function layerMountOf(minion: MinionLayout, id: string): string[] {
  const record = join(minion.home, 'docker', 'image', 'overlay2', 'layerdb', 'mounts', id, 'mount-id');
  return existsSync(record) ? [join(layersOf(minion), readFileSync(record, 'utf8'), 'merged')] : [];
}

function layersOf(minion: MinionLayout): string {
  return join(minion.home, 'docker', 'overlay2');
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // It has ended.
  }
}

async function containersIn(minion: MinionLayout): Promise<string[]> {
  const listed = await ctrOf(minion)('containers', 'list', '--quiet');
  return listed.split('\n').filter((id) => id !== '');
}

/** containerd, when it sees the end of a process that looked after a container, ends that and removes its mounts. */
async function remove(minion: MinionLayout, id: string): Promise<void> {
  const ctr = ctrOf(minion);
  await ctr('tasks', 'delete', '--force', id).catch(leave);
  const pid = shimsOf(minion).get(id);
  const shim = pid === undefined ? undefined : identityOf(pid);
  if (shim !== undefined) {
    signalProcess(shim.pid, 'SIGKILL');
    await hasEnded(shim, ENDING_MS);
  }
  await ctr('containers', 'delete', id).catch(leave);
  rmSync(join(minion.runDir, 'exec', 'containerd', id), { recursive: true, force: true });
}

function ctrOf(minion: MinionLayout): Ctr {
  return ctrAt(containerdSocket(minion), NAMESPACE);
}

/** What can't be removed is found again at the next look. */
function leave(): void {
  return undefined;
}

function describe(ids: readonly string[]): string {
  return ids.map((id) => (id.includes('/') ? id : id.slice(0, 12))).join(', ');
}
