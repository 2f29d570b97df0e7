import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Cluster } from '../cluster';
import type { MinionLayout } from '../layout';
import { RUNTIMES } from '../settings';
import { makeOwnFolders, PASSABLE, SYSTEM_RUNTIME } from '../runtime-folder';
import { waitUntil } from '../waiting';
import { runtimeOf } from './runtimes';

/**
 * Starts what runs the containers of a minion inside its network namespace; resolves once it answers.
 * @param start where it is to be started in another way than its runtime's own
 */
export async function startEngine(
  cluster: Cluster,
  minion: MinionLayout,
  start = runtimeOf(minion).start,
): Promise<void> {
  const { title, answers } = runtimeOf(minion);
  makeOwnFolders(SYSTEM_RUNTIME, minion.runDir, PASSABLE);
  mkdirSync(minion.home, { recursive: true });
  const managed = await start(cluster, minion);
  const ready = async () => ((await answers(minion)) ? true : undefined);
  await waitUntil(ready, { name: `The ${title} of ${minion.name}`, within: 60_000, process: managed });
  linkSocket(minion);
}

/** The engine's socket under the state folder too, where people look for it; not that of a runtime which the minion had before. */
function linkSocket({ home, socket }: MinionLayout): void {
  for (const runtime of RUNTIMES) rmSync(join(home, `${runtime}.sock`), { force: true });
  if (existsSync(socket)) symlinkSync(socket, join(home, basename(socket)));
}
