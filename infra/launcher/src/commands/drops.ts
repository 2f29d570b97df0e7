import type { Node, PolicyDrop } from '@shiplog/contracts';
import { LauncherFailure, sentenceOf } from '../failure';
import { Home } from '../home';
import { KubeClient } from '../kube/kube-client';
import { currentClaim } from '../launcher-claim';
import type { LauncherSettings } from '../settings';
import { plainText } from '../system/plain-text';
import { table } from './table';

const HEAD = ['AGO', 'NODE', 'DIRECTION', 'FROM', 'TO', 'PACKETS', 'POLICIES'];

/** Prints which connections network policies have refused in the last ten minutes, on all nodes, the last first. */
export async function drops(settings: LauncherSettings): Promise<void> {
  const home = new Home(settings.home);
  if (currentClaim(home.claim) === undefined) throw new LauncherFailure('No cluster runs here.', 'npm start');
  const client = new KubeClient(home.kubeconfig);
  try {
    const { items } = await client.get<{ items: Node[] }>('/api/v1/nodes');
    const found = await Promise.all(items.map(({ metadata }) => dropsOf(client, metadata.name ?? '')));
    process.stdout.write(renderDrops(found.flat()));
  } finally {
    client.close();
  }
}

/** As a table; a sentence where there is none. */
export function renderDrops(found: readonly (PolicyDrop & { readonly node: string })[]): string {
  if (found.length === 0) return '  Network policies have refused no connection in the last ten minutes.\n';
  const rows = [...found].sort((a, b) => a.secondsAgo - b.secondsAgo).map(cellsOf);
  return table(HEAD, rows);
}

/** One that can't be asked is told of, and does not hide what others say. */
async function dropsOf(client: KubeClient, node: string): Promise<(PolicyDrop & { node: string })[]> {
  try {
    const answer = await client.get<{ drops: PolicyDrop[] }>(`/api/v1/nodes/${node}/proxy/policy-drops`);
    return answer.drops.map((drop) => ({ ...drop, node }));
  } catch (error) {
    process.stderr.write(`  ! ${node}: ${plainText(sentenceOf(error))}\n`);
    return [];
  }
}

function cellsOf(drop: PolicyDrop & { readonly node: string }): string[] {
  const { direction, source, sourcePod, destination, destinationPod, protocol, port, packets, secondsAgo } = drop;
  const to = `${destinationPod ?? destination} ${protocol}${port === undefined ? '' : `/${port}`}`;
  const by = drop.policies.join(', ');
  return [`${secondsAgo}s`, drop.node, direction, sourcePod ?? source, to, String(packets), by].map(plainText);
}
