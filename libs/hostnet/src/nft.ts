import type { HostNetwork } from './host-network';
import { withInput } from './shell';

/** What nft calls the family of a table: whose packets it sees. */
export type TableFamily = 'ip' | 'ip6';

/** A map, set or chain of an nftables table, to be made before anything refers to it. */
export type Definition =
  | { readonly kind: 'map' | 'set'; readonly name: string; readonly body: string; readonly keepsElements?: boolean }
  | { readonly kind: 'chain'; readonly name: string; readonly hook?: string; readonly rules: readonly string[] };

/**
 * Text for `nft -f -` that makes definitions of a table as they should be, whether or not they are there already. Elements
 * of maps go; those of sets that the packet path fills stay.
 */
export function renderDefinitions(
  table: string,
  definitions: readonly Definition[],
  family: TableFamily = 'ip',
): string {
  const collections = definitions.filter((definition) => definition.kind !== 'chain');
  const chains = definitions.filter((definition) => definition.kind === 'chain');
  const emptied = collections.filter(({ keepsElements }) => keepsElements !== true);
  const lines = [
    ...collections.map(({ kind, name, body }) => `add ${kind} ${family} ${table} ${name} { ${body} }`),
    ...emptied.map(({ kind, name }) => `flush ${kind} ${family} ${table} ${name}`),
    ...chains.map(
      ({ name, hook }) => `add chain ${family} ${table} ${name}${hook === undefined ? '' : ` { ${hook} }`}`,
    ),
    ...chains.map(({ name }) => `flush chain ${family} ${table} ${name}`),
    ...chains.flatMap(({ name, rules }) => rules.map((rule) => `add rule ${family} ${table} ${name} ${rule}`)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** The name and kind of something in a table. */
export type DefinedName = Pick<Definition, 'kind' | 'name'>;

/** What a table holds, in the text of `nft -t list table`. */
export function definedNames(listed: string): DefinedName[] {
  const found = [...listed.matchAll(/^\s(map|set|chain) (\S+) \{$/gm)];
  return found.map(([, kind, name]) => ({ kind: kind as DefinedName['kind'], name: name ?? '' }));
}

/** Text that removes parts of a table to which nothing but each other refers. */
export function renderRemoval(table: string, parts: readonly DefinedName[], family: TableFamily = 'ip'): string {
  const chains = parts.filter(({ kind }) => kind === 'chain');
  const collections = parts.filter(({ kind }) => kind !== 'chain');
  const lines = [
    ...chains.map(({ name }) => `flush chain ${family} ${table} ${name}`),
    // A map of verdicts refers to chains.
    ...collections.map(({ kind, name }) => `flush ${kind} ${family} ${table} ${name}`),
    ...[...chains, ...collections].map(({ kind, name }) => `delete ${kind} ${family} ${table} ${name}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Removes a table, also when there is none. */
export function renderTableRemoval(table: string, family: TableFamily = 'ip'): string {
  return `add table ${family} ${table}\ndelete table ${family} ${table}\n`;
}

/** A script of up to this many characters goes through the shell that stays. */
const SHORT = 50_000;

/** One atomic transaction: all of the script or nothing. Throws ProgramError. */
export async function applyScript(network: HostNetwork, script: string): Promise<void> {
  if (script.length <= SHORT) await network.script(withInput('nft -f -', script));
  else await network.run('nft', ['-f', '-'], script);
}
