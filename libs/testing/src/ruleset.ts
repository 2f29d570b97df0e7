/** A base chain's place in the kernel, and what becomes of a packet that comes to its end. */
export interface Hook {
  readonly type: string;
  readonly at: string;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

/** A table, of either family, as an nft script describes it: enough of nft's language for the services' scripts, and no more. */
export interface Ruleset {
  readonly chains: Map<string, { hook?: Hook; rules: string[] }>;
  readonly collections: Map<string, Map<string, string>>;
}

type Handler = (ruleset: Ruleset, match: RegExpExecArray) => void;

const STATEMENTS: readonly [RegExp, Handler][] = [
  [/^(add|delete) table ip6? (\S+)$/, (ruleset, [, verb]) => verb === 'delete' && clear(ruleset)],
  [/^add (?:map|set) ip6? \S+ (\S+) \{ .* \}$/, ({ collections }, [, name]) => declare(collections, name ?? '')],
  [/^flush (?:map|set) ip6? \S+ (\S+)$/, (ruleset, [, name]) => collection(ruleset, name).clear()],
  [
    /^add chain ip6? \S+ (\S+) \{ type (\S+) hook (\S+) priority (-?\d+) ; policy (accept|drop) ; \}$/,
    ({ chains }, [, name = '', type = '', at = '', priority, policy]) =>
      chains.set(name, { hook: { type, at, priority: Number(priority), policy: policy as Hook['policy'] }, rules: [] }),
  ],
  [
    /^add chain ip6? \S+ (\S+)$/,
    ({ chains }, [, name]) => chains.has(name ?? '') || chains.set(name ?? '', { rules: [] }),
  ],
  [/^delete chain ip6? \S+ (\S+)$/, (ruleset, [, name]) => remove(ruleset.chains, name, isReferred(ruleset, name))],
  [/^delete set ip6? \S+ (\S+)$/, (ruleset, [, name]) => remove(ruleset.collections, name, isReferred(ruleset, name))],
  [/^flush chain ip6? \S+ (\S+)$/, (ruleset, [, name]) => chain(ruleset, name).rules.splice(0)],
  [/^add rule ip6? \S+ (\S+) (.*)$/, (ruleset, [, name, rule]) => chain(ruleset, name).rules.push(rule ?? '')],
  [
    /^add element ip6? \S+ (\S+) \{ (.*) \}$/,
    (ruleset, [, name, list]) => addElements(collection(ruleset, name), list),
  ],
  [
    /^delete element ip6? \S+ (\S+) \{ (.*) \}$/,
    (ruleset, [, name, list]) => deleteElements(collection(ruleset, name), list),
  ],
];

export function emptyRuleset(): Ruleset {
  return { chains: new Map(), collections: new Map() };
}

/** Runs a script as the kernel would: what refers to something that isn't there, or doubles an element, throws. */
export function runScript(ruleset: Ruleset, script: string): Ruleset {
  for (const line of script.split('\n').filter((item) => item !== '')) {
    const found = STATEMENTS.map(([pattern, handler]) => ({ handler, match: pattern.exec(line) })).find(
      (item) => item.match !== null,
    );
    if (found === undefined || found.match === null)
      throw new Error(`a statement that the reader does not know: ${line}`);
    found.handler(ruleset, found.match);
  }
  return ruleset;
}

/** `{ a : goto b, c : drop }`, or a set's `{ a, b }`, as key and value. */
export function parseElements(list: string): [string, string][] {
  return list.split(', ').map((item) => {
    const [key = '', value = ''] = item.split(' : ');
    return [key, value];
  });
}

function clear(ruleset: Ruleset): void {
  ruleset.chains.clear();
  ruleset.collections.clear();
}

function remove(from: Map<string, unknown>, name = '', isInUse: boolean): void {
  if (isInUse) throw new Error(`${name} is in use`);
  if (!from.delete(name)) throw new Error(`no ${name} to delete`);
}

/** Whether a rule or an element leads to something. */
function isReferred({ chains, collections }: Ruleset, name = ''): boolean {
  const word = new RegExp(`(?:@|jump |goto )${name}(?![\\w-])`);
  const rules = [...chains.values()].flatMap((item) => item.rules);
  const values = [...collections.values()].flatMap((elements) => [...elements.values()]);
  return [...rules, ...values].some((text) => word.test(text));
}

function declare(collections: Ruleset['collections'], name: string): void {
  if (!collections.has(name)) collections.set(name, new Map());
}

export function collection(ruleset: Ruleset, name = ''): Map<string, string> {
  const found = ruleset.collections.get(name);
  if (found === undefined) throw new Error(`no map or set is called ${name}`);
  return found;
}

export function chain(ruleset: Ruleset, name = ''): { rules: string[] } {
  const found = ruleset.chains.get(name);
  if (found === undefined) throw new Error(`no chain is called ${name}`);
  return found;
}

function addElements(elements: Map<string, string>, list = ''): void {
  for (const [key, value] of parseElements(list)) {
    if (elements.has(key) && elements.get(key) !== value) throw new Error(`element ${key} is there with another value`);
    elements.set(key, value);
  }
}

function deleteElements(elements: Map<string, string>, list = ''): void {
  for (const [key] of parseElements(list)) if (!elements.delete(key)) throw new Error(`no element ${key} to delete`);
}
