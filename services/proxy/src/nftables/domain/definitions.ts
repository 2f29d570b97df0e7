import type { DefinedName, Definition } from '@shiplog/hostnet';
import type { Picker } from './layout';

/** The places to pick backends that a table has besides its base, and which services use them. */
export class Definitions {
  /** By kind and name, each after those it refers to. */
  readonly #made = new Map<string, Definition>();
  readonly #known = new Set<Picker>();
  readonly #byService = new Map<string, readonly Picker[]>();
  #fresh: Definition[] = [];
  /** Of the last look: what is used again until the next one need not be made anew. */
  #idle = new Set<string>();

  /** Makes `pickers` all that a service uses. */
  use(service: string, pickers: readonly Picker[]): void {
    if (pickers.length > 0) this.#byService.set(service, pickers);
    else this.#byService.delete(service);
    for (const picker of pickers) this.#make(picker);
  }

  all(): Definition[] {
    return [...this.#made.values()];
  }

  /** Those made since the last time. */
  takeFresh(): Definition[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  /** What of a table's parts nobody has used at this look and at the last one; the base is always in use. */
  longUnused(parts: readonly DefinedName[], base: readonly Definition[]): DefinedName[] {
    const used = new Set([...this.#byService.values()].flat());
    const needed = new Set([...base, ...[...used].flatMap(({ definitions }) => definitions)].map(idOf));
    const unused = parts.filter((part) => !needed.has(idOf(part)));
    const before = this.#idle;
    this.#idle = new Set(unused.map(idOf));
    return unused.filter((part) => before.has(idOf(part)));
  }

  /** Takes note that parts are no longer in the table. */
  forget(parts: readonly DefinedName[]): void {
    const gone = new Set(parts.map(idOf));
    for (const id of gone) this.#made.delete(id);
    for (const picker of this.#known)
      if (picker.definitions.some((definition) => gone.has(idOf(definition)))) this.#known.delete(picker);
  }

  #make(picker: Picker): void {
    if (this.#known.has(picker)) return;
    this.#known.add(picker);
    for (const definition of picker.definitions) {
      const id = idOf(definition);
      if (this.#made.has(id)) continue;
      this.#made.set(id, definition);
      this.#fresh.push(definition);
    }
  }
}

function idOf({ kind, name }: DefinedName): string {
  return `${kind} ${name}`;
}
