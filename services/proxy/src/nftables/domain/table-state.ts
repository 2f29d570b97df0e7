import type { Backend, ServicePort } from '../../domain/service-port';
import { ElementOwnership, type ElementChange } from './element-ownership';
import { renderBase, type TableOptions } from './base';
import { compactChanges, renderChanges, renderDefinitions, renderTable, type DefinedName } from '@shiplog/hostnet';
import { Definitions } from './definitions';
import { WORDS } from './family';
import { Pickers } from './pickers';
import { planSlots, renderServicePort, type Slots } from './service-elements';

/** What the kernel's table should hold, and what was put together for it since it was last asked. */
export class TableState {
  readonly #ownership = new ElementOwnership();
  /** Slots of each route, by the service that has it. */
  readonly #slots = new Map<string, Map<string, readonly Backend[]>>();
  /** Each service's own, which no other ever had. */
  readonly #numbers = new Map<string, number>();
  #lastNumber = 0;
  readonly #definitions = new Definitions();
  #changes: ElementChange[] = [];

  readonly #pickers: Pickers;

  constructor(private readonly options: TableOptions) {
    this.#pickers = new Pickers(options);
  }

  /** Makes `ports` all that a service has; throws UnsoundValue, and changes nothing, when one can't be rendered. */
  set(service: string, ports: readonly ServicePort[]): void {
    const before = this.#slots.get(service);
    const now = new Map<string, readonly Backend[]>();
    const slots: Slots = (route, backends) => {
      const planned = now.get(route) ?? planSlots(before?.get(route) ?? [], backends);
      now.set(route, planned);
      return planned;
    };
    const number = this.#numbers.get(service) ?? ++this.#lastNumber;
    const context = { slots, pickers: this.#pickers, number };
    const rendered = ports.map((port) => renderServicePort(port, context));
    if (ports.length > 0) this.#numbers.set(service, number);
    else this.#numbers.delete(service);
    if (now.size > 0) this.#slots.set(service, now);
    else this.#slots.delete(service);
    this.#definitions.use(
      service,
      rendered.flatMap(({ pickers }) => pickers),
    );
    this.#changes.push(
      ...this.#ownership.replace(
        service,
        rendered.flatMap(({ elements }) => elements),
      ),
    );
  }

  /** Whether no service has anything in the table. */
  get isEmpty(): boolean {
    return this.#ownership.isEmpty;
  }

  /** Services that have anything in the table. */
  services(): string[] {
    return this.#ownership.owners();
  }

  /** All that the table should hold, as changes from nothing. */
  elements(): readonly ElementChange[] {
    return this.#ownership.all();
  }

  /**
   * The script that makes what new elements will refer to; '' when that is all there. Taken once, and run in a transaction
   * before the elements': a packet on its way through the old rules would find a chain of the same transaction empty.
   */
  takeDefinitions(): string {
    const { table } = this.options;
    const family = WORDS[this.options.family].table;
    const definitions = this.#definitions.takeFresh();
    return definitions.length === 0
      ? ''
      : `add table ${family} ${table}\n${renderDefinitions(table, definitions, family)}`;
  }

  /** The script that brings the elements of a table up to date that held all so far; '' when nothing changed. Taken once. */
  takeChanges(): { script: string; changes: readonly ElementChange[] } {
    const changes = compactChanges(this.#changes);
    this.#changes = [];
    return { script: renderChanges(this.options.table, changes, WORDS[this.options.family].table), changes };
  }

  /** The script for the whole table, whatever is there; `anew` when it may be of another layout. */
  takeAll(options: { anew: boolean }): { script: string; elements: readonly ElementChange[] } {
    const elements = this.#ownership.all();
    this.#definitions.takeFresh();
    this.#changes = [];
    const definitions = [...renderBase(this.options), ...this.#definitions.all()];
    const family = WORDS[this.options.family].table;
    return { script: renderTable(this.options.table, definitions, elements, { ...options, family }), elements };
  }

  /**
   * What of a table's parts no service has used for two looks: places to pick from of as many backends as none has any
   * more, also those that an earlier proxy made.
   */
  longUnused(parts: readonly DefinedName[]): DefinedName[] {
    return this.#definitions.longUnused(parts, renderBase(this.options));
  }

  /** Takes note that parts are no longer in the table. */
  forget(parts: readonly DefinedName[]): void {
    this.#definitions.forget(parts);
  }
}
