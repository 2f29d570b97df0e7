import type { ReadonlyCluster } from '@shiplog/cluster';
import type { LogEvent, StoredObject } from '@shiplog/contracts';
import { decideAgain } from '../../../../services/controller/src/again/domain/decide-again';
import { decisionOf, nameOf } from '../../../../services/controller/src/again/domain/recorded';
import { controllersOfPast } from '../../../../services/controller/src/controllers';
import type { Controller } from '../../../../services/controller/src/runtime/domain/controller';
import { CONTROLLER_CONFIG } from '../parts/controller';
import type { Truth } from './truth';
import { Violation } from './violation';
import { WORKLOAD_RULES } from './workloads';

/** What a decision has written so far. */
interface Written {
  readonly decision: string;
  readonly commands: Set<string>;
  last: number;
}

/** What the log says of the controllers, and what they have left when all is quiet. */
export class Controllers {
  /** By who decides on which key. */
  readonly #written = new Map<string, Written>();
  /** How many decisions were made again. */
  decisions = 0;

  constructor(private readonly truth: Truth) {}

  /** A controller leaves a key alone until it has seen what it wrote. Throws the Violation of one that has not. */
  committed(events: readonly LogEvent[]): void {
    for (const event of events) {
      const written = this.#decisionWith(event);
      written?.commands.add(event.commandId);
      if (written !== undefined) written.last = event.position;
    }
  }

  /** When all is quiet: what was asked for is there, and what has lost what it was there for is gone. */
  checkAtRest(): void {
    const { state } = this.truth;
    for (const rule of WORKLOAD_RULES.values()) rule.checkAtRest(state);
    checkOwners(state);
    const mayGo = [...state.list('namespaces'), ...state.list('customresourcedefinitions.apiextensions.k8s.io')];
    const stays = mayGo.find(({ metadata }) => metadata.deletionTimestamp !== undefined);
    if (stays !== undefined) throw new Violation('what is to go is gone', stays.metadata.name);
  }

  /** The log alone says how each decision came to be, and none came to more than was asked. Throws a Violation. */
  async decideAgain(): Promise<void> {
    const excesses: string[] = [];
    const { equal, different } = await decideAgain(
      () => this.truth.log,
      (journal) => controllersOfPast(CONTROLLER_CONFIG, journal).map((controller) => judged(controller, excesses)),
    );
    this.decisions = [...equal.values()].reduce((sum, count) => sum + count, 0);
    if (excesses[0] !== undefined)
      throw new Violation('a controller makes or takes no more than is asked', excesses[0]);
    if (different[0] !== undefined) throw new Violation('a recorded decision can be made again', different[0]);
  }

  /** The decision that an event is of; throws where it was made on a state without what the one before it has written. */
  #decisionWith(event: LogEvent): Written | undefined {
    const decision = decisionOf(event);
    if (decision === undefined) return this.#ofCommand(event.commandId);
    const who = `${event.via} ${decision.by} ${decision.key}`;
    const before = this.#written.get(who);
    if (before?.decision === nameOf(decision)) return before;
    const written = { decision: nameOf(decision), commands: new Set<string>(), last: event.position };
    this.#written.set(who, written);
    if (before === undefined || decision.basis >= before.last) return written;
    throw new Violation(
      'a controller sees what it has written before it decides again',
      `${who} decides at ${decision.basis}, and has written at ${before.last} (${event.position} tells of it)`,
    );
  }

  #ofCommand(id: string): Written | undefined {
    for (const written of this.#written.values()) if (written.commands.has(id)) return written;
    return undefined;
  }
}

/** Nothing is left that names an owner which is no more. */
function checkOwners(state: ReadonlyCluster): void {
  const objects = [...state.catalog.rows].flatMap(({ id }) => state.list(id) as readonly StoredObject[]);
  const uids = new Set(objects.map(({ metadata }) => metadata.uid));
  for (const { kind, metadata } of objects) {
    const lost = metadata.ownerReferences?.find(({ uid }) => !uids.has(uid));
    if (lost === undefined) continue;
    throw new Violation('what has lost its owner is gone', `${kind} ${metadata.name} names ${lost.kind} ${lost.name}`);
  }
}

/** A controller whose plans are looked at as it makes them. */
function judged(controller: Controller, excesses: string[]): Controller {
  return {
    name: controller.name,
    watches: controller.watches,
    watchesAll: controller.watchesAll,
    allKeys: (state) => controller.allKeys(state),
    reconcile: async (key, request) => {
      const outcome = await controller.reconcile(key, request);
      if (outcome.commands.length === 0) return outcome;
      const excess = WORKLOAD_RULES.get(controller.name)?.excessOf(key, request.state, outcome.commands);
      if (excess !== undefined) excesses.push(`${controller.name} on ${key} at ${request.position}: ${excess}`);
      return outcome;
    },
  };
}
