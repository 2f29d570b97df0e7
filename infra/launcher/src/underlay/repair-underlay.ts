import { readlinkSync, rmSync } from 'node:fs';
import type { Cluster } from '../cluster';
import { startEngine } from '../engines/minion-engine';
import { runtimeOf, runtimeProcesses } from '../engines/runtimes';
import type { MinionLayout } from '../layout';
import type { ManagedProcess } from '../processes/managed-process';
import { type ServiceSpec, processName } from '../services/service-process';
import { succeeds } from '../system/run';
import { makeUnderlay, netnsPath, plugMinion } from './underlay';
import type { Lack } from './plan/repairs';

/** Makes again what has vanished, and restarts those who had hold of it. Answers what was done, in sentences. */
export async function repair(cluster: Cluster, lacks: readonly Lack[]): Promise<string[]> {
  const { layout } = cluster;
  const done: string[] = [];
  if (has(lacks, 'bridge') || has(lacks, 'rules')) {
    await makeUnderlay(layout);
    if (has(lacks, 'bridge')) done.push(...(await restart(cluster, ['network', 'proxy'], layout.hostName)));
  }
  for (const minion of layout.minions) {
    const kinds = lacks.filter((lack) => 'minion' in lack && lack.minion === minion).map((lack) => lack.kind);
    if (kinds.length > 0) done.push(...(await repairMinion(cluster, minion, new Set(kinds))));
  }
  return done;
}

async function repairMinion(
  cluster: Cluster,
  minion: MinionLayout,
  kinds: ReadonlySet<Lack['kind']>,
): Promise<string[]> {
  const isNew = kinds.has('namespace') && !(await nameAgain(cluster, minion));
  await plugMinion(cluster.layout, minion);
  if (isNew) return restartMinion(cluster, minion);
  const done: string[] = [];
  if (kinds.has('engine')) done.push(...(await restartEngine(cluster, minion)));
  // The routes to other minions went with the link, or with its address.
  if (kinds.has('veth') || kinds.has('uplink')) done.push(...(await restart(cluster, ['network'], minion.name)));
  return done;
}

/**
 * A namespace lives as long as a process in it, also without its name: then it gets the name back, and nobody there
 * notices. Answers whether it did.
 */
async function nameAgain(cluster: Cluster, minion: MinionLayout): Promise<boolean> {
  // A name that is no mount any more leads nowhere, and is in the way.
  rmSync(netnsPath(minion), { force: true });
  const inside = processesOf(cluster, minion).flatMap((managed) => pidInside(managed) ?? []);
  for (const pid of inside) if (await succeeds('ip', ['netns', 'attach', minion.netns, String(pid)])) return true;
  return false;
}

/** The process's number, once it has entered a namespace other than this machine's own. */
function pidInside({ state }: ManagedProcess): number | undefined {
  if (state.kind !== 'running') return undefined;
  try {
    const own = readlinkSync('/proc/self/ns/net');
    return readlinkSync(`/proc/${state.identity.pid}/ns/net`) === own ? undefined : state.identity.pid;
  } catch {
    return undefined; // It has ended.
  }
}

/** In a new namespace nothing is left of the pods' network, so they are made anew too, by a new kubelet. */
async function restartMinion(cluster: Cluster, minion: MinionLayout): Promise<string[]> {
  const agents = processesOf(cluster, minion).filter((managed) => !isEngine(managed, minion) && isWanted(managed));
  await Promise.all(agents.map((managed) => managed.stop()));
  const engine = await restartEngine(cluster, minion);
  if (engine.length > 0) await runtimeOf(minion).stopContainers(minion);
  agents.forEach((managed) => managed.start());
  return [...engine, ...agents.map(({ spec }) => spec.name)];
}

/** Also writes its configuration again, which lies where its socket was. */
async function restartEngine(cluster: Cluster, minion: MinionLayout): Promise<string[]> {
  const engine = processesOf(cluster, minion).filter((managed) => isEngine(managed, minion) && isWanted(managed));
  if (engine.length === 0) return [];
  for (const managed of engine.sort((a, b) => b.spec.rank - a.spec.rank)) await managed.stop();
  await startEngine(cluster, minion);
  return engine.map(({ spec }) => spec.name);
}

async function restart(
  cluster: Cluster,
  services: readonly ServiceSpec['service'][],
  instance: string,
): Promise<string[]> {
  const names = services.map((service) => processName({ service, instance }));
  const wanted = names.flatMap((name) => cluster.registry.get(name) ?? []).filter(isWanted);
  await Promise.all(wanted.map((managed) => managed.stop()));
  wanted.forEach((managed) => managed.start());
  return wanted.map(({ spec }) => spec.name);
}

/** One that the user stopped stays so. */
function isWanted({ state }: ManagedProcess): boolean {
  return state.kind !== 'stopped';
}

function isEngine({ spec }: ManagedProcess, minion: MinionLayout): boolean {
  return runtimeProcesses(minion).includes(spec.name);
}

function processesOf(cluster: Cluster, minion: MinionLayout): ManagedProcess[] {
  return cluster.registry.all().filter(({ spec }) => spec.name.startsWith(`${minion.name}-`));
}

function has(lacks: readonly Lack[], kind: Lack['kind']): boolean {
  return lacks.some((lack) => lack.kind === kind);
}
