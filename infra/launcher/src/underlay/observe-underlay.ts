import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listTables } from '@shiplog/hostnet';
import type { Layout } from '../layout';
import { run } from '../system/run';
import type { Observed, ObservedLink } from './plan/repairs';

const NAMESPACES = '/run/netns';
/** Milliseconds for a look that takes ten. */
const PATIENCE = 5_000;

/** The part of what `ip -json address` prints that is looked at. */
interface PrintedLink {
  readonly ifname: string;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly addr_info?: readonly { readonly local?: string }[];
}

/** Looks at what is there of a cluster's network: short commands, two of them and one for each minion, and a few stats. */
export async function observeUnderlay(layout: Layout): Promise<Observed> {
  const named = new Set(namespaces());
  const [links, tables, connected] = await Promise.all([
    run('ip', ['-j', 'address', 'show'], { timeout: PATIENCE }),
    listTables({ script: (command) => run('sh', ['-c', command], { timeout: PATIENCE }) }),
    connectedOf(layout, named),
  ]);
  return {
    links: new Map((JSON.parse(links) as PrintedLink[]).map((link) => [link.ifname, linkOf(link)])),
    namespaces: named,
    connected: new Set(connected),
    tables: new Set(tables.keys()),
    sockets: new Set(layout.minions.map((minion) => minion.socket).filter((socket) => existsSync(socket))),
  };
}

/** The kernel takes the route away with the address, and when the link is set down. */
async function connectedOf({ minions, hostAddress }: Layout, named: ReadonlySet<string>): Promise<string[]> {
  const looks = minions.map(async ({ netns }) => {
    if (!named.has(netns)) return [];
    const routes = await run('ip', ['-n', netns, 'route', 'show', 'default'], { timeout: PATIENCE }).catch(() => '');
    return routes.includes(`via ${hostAddress} dev eth0`) ? [netns] : [];
  });
  return (await Promise.all(looks)).flat();
}

function linkOf({ master, flags, addr_info = [] }: PrintedLink): ObservedLink {
  return { master, up: flags.includes('UP'), addresses: addr_info.flatMap(({ local }) => local ?? []) };
}

/** A name is a mount of the namespace; one that was only unmounted is an empty file, and leads nowhere. */
function namespaces(): string[] {
  const folder = statSync(NAMESPACES, { throwIfNoEntry: false });
  if (folder === undefined) return [];
  return readdirSync(NAMESPACES).filter((name) => {
    const found = statSync(join(NAMESPACES, name), { throwIfNoEntry: false });
    return found !== undefined && found.dev !== folder.dev;
  });
}
