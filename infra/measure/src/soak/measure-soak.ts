import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { Rig, TOKEN } from '../../../../services/api/src/testing/rig';
import { leastMemory } from '../least-memory';
import { SoakWatcher } from './watcher';

const PATH = '/api/v1/namespaces/default/configmaps';
const MEGABYTE = 1_000_000;
/** Objects that are changed in turn. */
const OBJECTS = 50;
/** After the watchers have gone, so long memory is looked at: the least counts, for garbage is collected when it is. */
const SETTLES_MS = 30_000;
const PATIENCE_MS = 120_000;
/** Changes of the first round, which nobody counts: more than an api keeps of one resource. */
const WARMING = 10_000;
const MOST_TOLD = 10;
/** Changes between two lines of progress. */
const PROGRESS_EACH = 1_000;

/** What a soak came to. Memory is that of the api's process, in bytes. */
export interface SoakFigures {
  readonly watchers: number;
  readonly changes: number;
  /** Sentences about watchers that did not hear of each change once and in order; at most a few. */
  readonly problems: readonly string[];
  readonly changesPerSecond: number;
  readonly eventsPerSecond: number;
  readonly memory: { readonly before: number; readonly watching: number; readonly after: number };
}

/**
 * Many watchers hear of many changes: of each once, in order; and what they cost in memory comes back when they go. The level to which
 * it comes back is that of an api that has had so many watchers before.
 */
export async function soak(
  watchers: number,
  changes: number,
  settlesMs = SETTLES_MS,
  onProgress: OnProgress = () => undefined,
): Promise<SoakFigures> {
  const rig = await Rig.start();
  try {
    await round(rig, watchers, Math.min(changes, WARMING), 'warm', onProgress);
    const before = await leastMemory(rig, settlesMs, PATH);
    const { watching, ...heard } = await round(rig, watchers, changes, 'soak', onProgress);
    const after = await leastMemory(rig, settlesMs, PATH);
    return { watchers, changes, ...heard, memory: { before, watching, after } };
  } finally {
    await rig.stop();
  }
}

/** Hears how many changes of a round were made. */
type OnProgress = (round: string, made: number, changes: number) => void;

type Round = Pick<SoakFigures, 'problems' | 'changesPerSecond' | 'eventsPerSecond'> & { readonly watching: number };

/** Watchers come, hear of so many changes, and go. */
async function round(
  rig: Rig,
  watchers: number,
  changes: number,
  name: string,
  onProgress: OnProgress,
): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: watchers });
  try {
    const since = await position(rig);
    const api = { port: rig.port, ca: readFileSync(join(rig.directory, 'ca.pem'), 'utf8'), token: TOKEN };
    const open = await Promise.all(Array.from({ length: watchers }, () => SoakWatcher.open(api, agent, PATH, since)));
    const started = performance.now();
    await change(rig, changes, name, onProgress);
    const changed = performance.now();
    await eventually(() => open.every(({ heard }) => heard >= changes), { timeoutMs: PATIENCE_MS, everyMs: 50 }).catch(
      () => undefined,
    );
    const heard = performance.now();
    const watching = rig.apiMemory;
    const problems = open.flatMap((watcher, index) => problemsOf(watcher, index, changes)).slice(0, MOST_TOLD);
    for (const watcher of open) watcher.close();
    return {
      problems,
      changesPerSecond: (changes / (changed - started)) * 1_000,
      eventsPerSecond: ((changes * watchers) / (heard - started)) * 1_000,
      watching,
    };
  } finally {
    agent.destroy();
  }
}

/** The figures for people. Throws when a watcher missed something. */
export async function measureSoak(watchers: number, changes: number): Promise<void> {
  const { problems, changesPerSecond, eventsPerSecond, memory } = await soak(
    watchers,
    changes,
    SETTLES_MS,
    (name, made, of) => void process.stdout.write(`  ${name}: ${made} of ${of} changes made\n`),
  );
  const size = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(0)} MB`;
  process.stdout.write(
    `\n  ${watchers} watchers, ${changes} changes: ${changesPerSecond.toFixed(0)} changes/s, ${eventsPerSecond.toFixed(0)} events/s\n` +
      `  memory of the api: ${size(memory.before)} before, ${size(memory.watching)} with watchers, ${size(memory.after)} after\n\n`,
  );
  if (problems.length > 0) throw new Error(`not every change was heard once and in order:\n${problems.join('\n')}`);
}

/** Numbered changes one after the other: objects are made, and each is written again and again with the number of the change. */
async function change(rig: Rig, changes: number, name: string, onProgress: OnProgress): Promise<void> {
  for (let n = 0; n < changes; n++) {
    if (n > 0 && n % PROGRESS_EACH === 0) onProgress(name, n, changes);
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${name}-${n % OBJECTS}` },
      data: { n: `${n}` },
    };
    const [method, path] = n < OBJECTS ? ['POST', PATH] : ['PUT', `${PATH}/${object.metadata.name}`];
    const { code, body } = await rig.http(method as string, path as string, object);
    if (code >= 300) throw new Error(`change ${n} was answered ${code}: ${body}`);
  }
}

async function position(rig: Rig): Promise<string> {
  const list = JSON.parse((await rig.http('GET', `${PATH}?limit=1`)).body) as { metadata: { resourceVersion: string } };
  return list.metadata.resourceVersion;
}

function problemsOf(watcher: SoakWatcher, index: number, changes: number): string[] {
  const missed = watcher.heard === changes ? [] : [`heard of ${watcher.heard} of ${changes}`];
  return [...watcher.problems.slice(0, 3), ...missed].map((problem) => `watcher ${index}: ${problem}`);
}
