import { Inject, Injectable } from '@nestjs/common';
import { FLOW_DEFAULTS } from '@shiplog/admission';
import type { FlowSchema, ObjectOf, PriorityLevelConfiguration } from '@shiplog/contracts';
import { CONFIG } from '@shiplog/service';
import { ClusterCache } from '../../cache/cluster-cache';
import type { ApiConfig } from '../../settings';
import { FairQueue, type Entry, type LevelLimits, type Rejection } from './fair-queue';
import { distinguisherOf, inOrder, schemaOf, type FlowRequest } from './rules/classify';
import { seatsOfLevels } from './rules/seats';
import { dealHand } from './rules/shuffle-shard';

export const SCHEMAS = 'flowschemas.flowcontrol.apiserver.k8s.io';
export const LEVELS = 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io';

/** Kubernetes' headers of who judged a request. */
export const FLOW_SCHEMA_HEADER = 'x-kubernetes-pf-flowschema-uid';
export const PRIORITY_LEVEL_HEADER = 'x-kubernetes-pf-prioritylevel-uid';

/** Hands that are remembered; then dealt anew. */
const HANDS_KEPT = 8_192;
/** How long a request waits for a seat; a quarter of what Kubernetes gives it altogether. */
const WAIT_MS = 15_000;

/** A priority level at work. */
interface Level {
  readonly name: string;
  readonly isExempt: boolean;
  readonly queue: FairQueue;
}

/** What a schema's requests are told and counted by. */
export interface Flow {
  readonly schema: string;
  readonly level: string;
  /** Of the objects that judged the request, which its answer says. */
  readonly schemaUid: string;
  readonly levelUid: string;
}

interface KnownSchema extends Flow {
  readonly of: Level;
  dispatched: number;
  readonly rejected: Map<Rejection, number>;
}

/** What became of a request at the door. Exempt ones have no seat. */
export type Passed = { readonly flow: Flow } & (Entry | { readonly isExempt: true });

/**
 * API priority and fairness: each request belongs to a flow, by the first FlowSchema that matches it, and takes seats of the flow's
 * PriorityLevelConfiguration. What finds none waits in a queue that it shares with few others, or is refused (429). As in
 * Kubernetes, but that levels lend each other no seats: one thread has no more to give.
 */
@Injectable()
export class FlowControl {
  readonly #seats: number;
  #levels = new Map<string, Level>();
  #ordered: readonly FlowSchema[] = [];
  #schemas = new Map<FlowSchema, KnownSchema>();
  /** By flow: the same few users ask again and again. */
  readonly #hands = new Map<string, readonly number[]>();
  #isCurrent = false;
  #isListening = false;

  constructor(
    @Inject(CONFIG) { seats }: Pick<ApiConfig, 'seats'>,
    private readonly cluster: ClusterCache,
  ) {
    this.#seats = seats;
  }

  /** Classifies a request, and takes seats for it. */
  enter(request: FlowRequest, seats: number): Passed | Promise<Passed> {
    if (!this.#isCurrent) this.#configure();
    const schema = schemaOf(this.#ordered, request);
    const known = schema === undefined ? undefined : this.#schemas.get(schema);
    // The last of all schemas matches everything.
    if (schema === undefined || known === undefined) throw new Error('a request belongs to no flow');
    const { of: level } = known;
    if (level.isExempt) {
      known.dispatched += 1;
      return { flow: known, isExempt: true };
    }
    const entry = level.queue.enter(this.#handOf(known, distinguisherOf(schema, request)), seats);
    return entry instanceof Promise
      ? entry.then((settled) => this.#counted(known, settled))
      : this.#counted(known, entry);
  }

  /** Each schema, with what its requests came to. */
  get schemas(): Iterable<Flow & Pick<KnownSchema, 'dispatched' | 'rejected'>> {
    return this.#schemas.values();
  }

  /** Each limited level, with its seats. */
  get levels(): { name: string; seats: number; executing: number; waiting: number }[] {
    const limited = [...this.#levels.values()].filter(({ isExempt }) => !isExempt);
    return limited.map(({ name, queue }) => {
      return { name, seats: queue.limits.seats, executing: queue.executing, waiting: queue.waiting };
    });
  }

  #counted(known: KnownSchema, entry: Entry): Passed {
    if ('rejected' in entry) known.rejected.set(entry.rejected, (known.rejected.get(entry.rejected) ?? 0) + 1);
    else known.dispatched += 1;
    return { flow: known, ...entry };
  }

  #handOf({ schema, of: { queue } }: KnownSchema, distinguisher: string): readonly number[] {
    const { queuing } = queue.limits;
    if (queuing === undefined) return [];
    const flow = `${schema} ${distinguisher}`;
    let hand = this.#hands.get(flow);
    if (hand === undefined) {
      if (this.#hands.size >= HANDS_KEPT) this.#hands.clear();
      this.#hands.set(flow, (hand = dealHand(flow, queuing.queues, queuing.handSize)));
    }
    return hand;
  }

  /** Takes over what the objects say. Levels that go on keep who is inside. */
  #configure(): void {
    const { schemas, levels } = this.#objects();
    const seats = seatsOfLevels(levels, this.#seats);
    const before = this.#levels;
    this.#levels = new Map(levels.map((level) => [level.metadata.name ?? '', levelOf(level, seats, before)]));
    this.#hands.clear();
    const known = this.#schemas;
    this.#schemas = new Map();
    this.#ordered = inOrder(schemas).filter((schema) => {
      const level = this.#levels.get(schema.spec?.priorityLevelConfiguration.name ?? '');
      if (level !== undefined) this.#schemas.set(schema, knownSchema(schema, level, levels, known));
      return level !== undefined;
    });
    this.#isCurrent = true;
  }

  #objects(): { schemas: FlowSchema[]; levels: PriorityLevelConfiguration[] } {
    const { schemas, levels } = FLOW_DEFAULTS;
    if (!this.cluster.isOpen) return { schemas: [...schemas], levels: [...levels] };
    const { projection } = this.cluster;
    this.#listen();
    const mandatory = <T extends { metadata: { name?: string } }>(objects: readonly T[], there: readonly T[]): T[] =>
      objects.filter(
        ({ metadata: { name = '' } }) =>
          ['exempt', 'catch-all'].includes(name) && !there.some(({ metadata }) => metadata.name === name),
      );
    const [ownSchemas, ownLevels] = [projection.list(SCHEMAS), projection.list(LEVELS)];
    return {
      schemas: [...ownSchemas, ...mandatory<FlowSchema>(schemas, ownSchemas)],
      levels: [...ownLevels, ...mandatory<PriorityLevelConfiguration>(levels, ownLevels)],
    };
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.cluster.projection.onApplied((batch) => {
      const isOurs = batch.some(({ event: { resource } }) => resource === SCHEMAS || resource === LEVELS);
      if (isOurs) this.#isCurrent = false;
    });
  }
}

function levelOf(
  { metadata, spec }: PriorityLevelConfiguration,
  seats: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, Level>,
): Level {
  const { name = '' } = metadata;
  const { queuing } = spec?.limited?.limitResponse ?? {};
  const limits: LevelLimits = {
    seats: seats.get(name) ?? 0,
    queuing: queuing && {
      queues: queuing.queues ?? 1,
      handSize: queuing.handSize ?? 1,
      queueLength: queuing.queueLengthLimit ?? 1,
    },
  };
  const isExempt = spec?.type === 'Exempt';
  const queue = before.get(name)?.queue ?? new FairQueue(limits, WAIT_MS);
  queue.limits = limits;
  return { name, isExempt, queue };
}

function knownSchema(
  schema: FlowSchema,
  level: Level,
  levels: readonly PriorityLevelConfiguration[],
  before: ReadonlyMap<FlowSchema, KnownSchema>,
): KnownSchema {
  const { name = '', uid: schemaUid = '' } = schema.metadata as ObjectOf<typeof SCHEMAS>['metadata'];
  const levelUid = levels.find(({ metadata }) => metadata.name === level.name)?.metadata.uid ?? '';
  const known = [...before.values()].find((other) => other.schema === name);
  return {
    schema: name,
    level: level.name,
    of: level,
    schemaUid,
    levelUid,
    dispatched: known?.dispatched ?? 0,
    rejected: known?.rejected ?? new Map<Rejection, number>(),
  };
}
