import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../../launcher/src/layout';
import { mountPointsBelow } from '../../launcher/src/system/mounts';
import { run } from '../../launcher/src/system/run';
import { CGROUPS, foldersIn, processesNaming } from './census';

/** What is still there of a cluster after its reset, in words; a reset is to leave nothing. */
export async function remainsOf(layout: Layout, home: string): Promise<string[]> {
  const [links, namespaces, tables, routes] = await Promise.all([
    run('ip', ['-j', 'link', 'show']).then((text) =>
      (JSON.parse(text) as { ifname: string }[]).map((link) => link.ifname),
    ),
    run('ip', ['netns', 'list']).then(firstWords),
    run('nft', ['list', 'tables']).then((text) => text.split('\n')),
    Promise.all(['-4', '-6'].map((family) => run('ip', [family, 'route', 'show', 'table', 'all']))).then((texts) =>
      texts.flatMap((text) => text.split('\n')),
    ),
  ]);
  const networks = [layout.clusterCidr, layout.serviceCidr, layout.underlayCidr]
    .flatMap((ranges) => ranges.split(','))
    .map(beginningOf);
  const groups = ['.', ...foldersIn(CGROUPS)].flatMap((hierarchy) => foldersIn(join(CGROUPS, hierarchy)));
  return [
    ...links.filter((name) => name === layout.bridge || layout.vethPattern.test(name)).map((name) => `link ${name}`),
    ...namespaces.filter((name) => layout.netnsPattern.test(name)).map((name) => `namespace ${name}`),
    ...tables.filter((name) => new RegExp(`_(host|fabric)_${layout.slot}$`).test(name)),
    ...routes.filter((route) => networks.some((network) => route.includes(network))).map((route) => `route ${route}`),
    ...groups.filter((name) => layout.netnsPattern.test(name)).map((name) => `control group ${name}`),
    ...[home, layout.runDir].flatMap(mountPointsBelow).map((point) => `mount ${point}`),
    ...[`${home}/`, `${layout.runDir}/`]
      .filter((folder) => processesNaming(folder) > 0)
      .map((f) => `processes of ${f}`),
    ...(existsSync(layout.runDir) ? readdirSync(layout.runDir).map((name) => join(layout.runDir, name)) : []),
  ];
}

function firstWords(text: string): string[] {
  return text.split('\n').flatMap((line) => line.split(' ')[0] || []);
}

/** A network of whole bytes as text that its addresses begin with; of IPv6, those of the slot. */
function beginningOf(cidr: string): string {
  const [address = '', length] = cidr.split('/');
  if (address.includes(':')) return `${address.split(':').slice(0, 3).join(':')}:`;
  return `${address
    .split('.')
    .slice(0, Number(length) / 8)
    .join('.')}.`;
}
