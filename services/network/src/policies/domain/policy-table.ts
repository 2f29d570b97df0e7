import {
  compactChanges,
  renderChanges,
  renderDefinitions,
  type ElementChange,
  type TableFamily,
} from '@shiplog/hostnet';
import { renderBase } from './layout';

/** Something of the table with a name of its own, there as long as anything refers to it. */
interface Numbered {
  readonly kind: 'set' | 'chain';
  /** No other ever has it. */
  readonly id: number;
  readonly name: string;
  /** Equal content has an equal key: it is there once. */
  readonly key: string;
  references: number;
  /** Whether it was in a script that was taken. */
  isWritten: boolean;
}

/** A set with how many want each of its elements. */
export interface CountedSet extends Numbered {
  readonly kind: 'set';
  readonly body: string;
  readonly counts: Map<string, number>;
}

/** A chain never changes, others take its place; but for one that was made for somebody alone. */
export interface RuleChain extends Numbered {
  readonly kind: 'chain';
  rules: readonly string[];
}

/** A table in the kernel. */
interface Place {
  readonly family: TableFamily;
  readonly table: string;
}

/** What the kernel's table should hold, and what of it differs from what was last taken. */
export class PolicyTable {
  #nextId = 1;
  readonly #sets = new Map<string, CountedSet>();
  readonly #chains = new Map<string, RuleChain>();
  /** Those of which references came or went. */
  readonly #touched = new Set<CountedSet | RuleChain>();
  /** Those with other rules than were written. */
  readonly #rewritten = new Set<RuleChain>();
  /** Elements of the maps and sets of the base: by collection, then by key. */
  readonly #base = new Map<string, Map<string, string>>();
  #changes: ElementChange[] = [];

  constructor(readonly family: TableFamily = 'ip') {}

  /** One more reference to the set of a key; made empty if it isn't there. */
  set(key: string, nameOf: (id: number) => string, body: string): { set: CountedSet; isNew: boolean } {
    const known = this.#sets.get(key);
    const set: CountedSet = known ?? {
      kind: 'set',
      ...this.#numbered(nameOf),
      key,
      body,
      counts: new Map(),
      references: 0,
      isWritten: false,
    };
    if (known === undefined) this.#sets.set(key, set);
    this.#refer(set, 1);
    return { set, isNew: known === undefined };
  }

  /** One more reference to the chain with these rules. */
  chain(nameOf: (id: number) => string, rules: readonly string[]): RuleChain {
    const key = `${nameOf(0)}\n${rules.join('\n')}`;
    const known = this.#chains.get(key);
    const chain: RuleChain = known ?? {
      kind: 'chain',
      ...this.#numbered(nameOf),
      key,
      rules,
      references: 0,
      isWritten: false,
    };
    if (known === undefined) this.#chains.set(key, chain);
    this.#refer(chain, 1);
    return chain;
  }

  /** A chain without rules for somebody alone, who gives it others by `rewrite`. */
  ownChain(nameOf: (id: number) => string): RuleChain {
    const numbered = this.#numbered(nameOf);
    const chain: RuleChain = {
      kind: 'chain',
      ...numbered,
      key: numbered.name,
      rules: [],
      references: 0,
      isWritten: false,
    };
    this.#chains.set(chain.key, chain);
    this.#refer(chain, 1);
    return chain;
  }

  /** Other rules for a chain of somebody alone. */
  rewrite(chain: RuleChain, rules: readonly string[]): void {
    if (sameTexts(chain.rules, rules)) return;
    chain.rules = rules;
    if (chain.isWritten) this.#rewritten.add(chain);
  }

  /** One reference less. Answers whether it was the last: nobody may count elements of it any more. */
  release(item: CountedSet | RuleChain): boolean {
    this.#refer(item, -1);
    if (item.references > 0) return false;
    if (item.kind === 'set') this.#sets.delete(item.key);
    else this.#chains.delete(item.key);
    return true;
  }

  /** One more (1) or one less (-1) wants an element in a set. */
  count(set: CountedSet, element: string, by: 1 | -1): void {
    const before = set.counts.get(element) ?? 0;
    const after = before + by;
    if (after > 0) set.counts.set(element, after);
    else set.counts.delete(element);
    if (!set.isWritten || (before > 0 && after > 0)) return;
    this.#changes.push({
      collection: set.name,
      key: element,
      before: before > 0 ? '' : undefined,
      after: after > 0 ? '' : undefined,
    });
  }

  /** An element of the base gets a value, or goes when there is none. */
  put(collection: string, key: string, value: string | undefined): void {
    const elements = this.#base.get(collection) ?? new Map<string, string>();
    const before = elements.get(key);
    if (before === value) return;
    if (value === undefined) elements.delete(key);
    else elements.set(key, value);
    this.#base.set(collection, elements);
    this.#changes.push({ collection, key, before, after: value });
  }

  /** The script that makes the whole table, which must not be there. Taken once. */
  takeAll(table: string): string {
    this.#changes = [];
    this.#touched.clear();
    this.#rewritten.clear();
    const elements = [...this.#base].flatMap(([collection, keys]) =>
      [...keys].map(([key, after]): ElementChange => ({ collection, key, before: undefined, after })),
    );
    return [
      `add table ${this.family} ${table}\n`,
      renderDefinitions(table, renderBase(this.family), this.family),
      ...made(this.#place(table), [...this.#sets.values(), ...this.#chains.values()]),
      renderChanges(table, elements, this.family),
    ].join('');
  }

  /** The script, for one transaction, that brings a table up to date that held all so far; '' when nothing changed. Taken once. */
  takeChanges(table: string): string {
    const place = this.#place(table);
    const touched = [...this.#touched];
    this.#touched.clear();
    const rewritten = [...this.#rewritten].filter(({ references }) => references > 0);
    this.#rewritten.clear();
    const changes = compactChanges(this.#changes);
    this.#changes = [];
    return [
      ...made(
        place,
        touched.filter((item) => item.references > 0 && !item.isWritten),
      ),
      ...rewritten.map(({ name }) => `flush chain ${place.family} ${place.table} ${name}\n`),
      ...rewritten.flatMap((chain) => rulesOf(place, chain)),
      renderChanges(table, changes, this.family),
      ...removed(
        place,
        touched.filter((item) => item.references === 0 && item.isWritten),
      ),
    ].join('');
  }

  #place(table: string): Place {
    return { family: this.family, table };
  }

  #numbered(nameOf: (id: number) => string): { id: number; name: string } {
    const id = this.#nextId++;
    return { id, name: nameOf(id) };
  }

  #refer(item: CountedSet | RuleChain, by: 1 | -1): void {
    item.references += by;
    this.#touched.add(item);
  }
}

/** Sets with their elements, then chains, all of them before the rules that lead to them. */
function made(place: Place, items: readonly (CountedSet | RuleChain)[]): string[] {
  const { family, table } = place;
  const sets = items.filter((item) => item.kind === 'set');
  const chains = items.filter((item) => item.kind === 'chain');
  for (const item of items) item.isWritten = true;
  const elements = sets.flatMap(({ name, counts }) =>
    [...counts.keys()].map((key): ElementChange => ({ collection: name, key, before: undefined, after: '' })),
  );
  return [
    ...sets.map(({ name, body }) => `add set ${family} ${table} ${name} { ${body} }\n`),
    renderChanges(table, elements, family),
    ...chains.map(({ name }) => `add chain ${family} ${table} ${name}\n`),
    ...chains.flatMap((chain) => rulesOf(place, chain)),
  ];
}

function rulesOf({ family, table }: Place, { name, rules }: RuleChain): string[] {
  return rules.map((rule) => `add rule ${family} ${table} ${name} ${rule}\n`);
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

/** What nothing refers to any more; rules go first, since they refer to chains and sets that go with them. */
function removed({ family, table }: Place, items: readonly (CountedSet | RuleChain)[]): string[] {
  const chains = items.filter(({ kind }) => kind === 'chain');
  const sets = items.filter(({ kind }) => kind === 'set');
  return [
    ...chains.map(({ name }) => `flush chain ${family} ${table} ${name}\n`),
    ...chains.map(({ name }) => `delete chain ${family} ${table} ${name}\n`),
    ...sets.map(({ name }) => `delete set ${family} ${table} ${name}\n`),
  ];
}
