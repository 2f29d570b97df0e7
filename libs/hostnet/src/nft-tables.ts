import type { HostNetwork } from './host-network';

/** The tables of the kernel by family and name (`ip shiplog_proxy`), each with its text without elements. */
export type NftTables = ReadonlyMap<string, string>;

/**
 * Looks at all tables, and at no elements: to list tables, or one chain, nft reads every element of every map first, which
 * are half a million bytes for each thousand Services. Throws ProgramError.
 */
export async function listTables(network: Pick<HostNetwork, 'script'>): Promise<NftTables> {
  const listed = await network.script('nft -t list ruleset');
  const tables = [...listed.matchAll(/^table (\w+ \S+) \{\n([^]*?)^\}$/gm)];
  return new Map(tables.map(([, name = '', text = '']) => [name, text]));
}

/** The chains of a table that the kernel sends packets through, with their rules, and without what those have counted. */
export function baseChains(text: string): string {
  const chains = text.match(/^\tchain \S+ \{\n[^]*?^\t\}$/gm) ?? [];
  const hooked = chains.filter((chain) => /^\t\ttype \w+ hook /m.test(chain));
  return hooked.join('\n').replace(/counter packets \d+ bytes \d+/g, 'counter');
}
