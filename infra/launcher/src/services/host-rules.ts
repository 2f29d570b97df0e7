import { join } from 'node:path';
import type { Layout } from '../layout';
import { REPOSITORY } from '../settings';
import { run } from '../system/run';

/** Has the proxy take its rules for this machine out of the kernel: they outlive it, as they should on a node. */
export async function removeHostRules(layout: Layout): Promise<void> {
  const main = join(REPOSITORY, 'dist', 'services', 'proxy', 'src', 'main.js');
  await run(process.execPath, [main, '--cleanup'], { env: { NODE_NAME: layout.hostName } });
}
