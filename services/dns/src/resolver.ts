import { decode, encode, RECURSION_DESIRED, type Answer, type RecordType } from 'dns-packet';
import { isUnanswerable, RCODE, readQuery, type Query } from './domain/query';
import { AnswerCache } from './domain/answer-cache';
import { encodeFailure, encodeRefusal, encodeReply, type Reply } from './domain/reply';
import { serversFor, type Upstreams } from './domain/upstreams';
import type { Finding, Zone } from './domain/zone';
import type { UpstreamClient } from './server/upstream-client';

const CACHE_BYTES = 8 * 1024 * 1024;
/** Names that lead to names: RFC 1034 asks for a bound. */
const MOST_ALIASES = 8;

/** What is counted, for people. */
export interface Counts {
  answered: number;
  forwarded: number;
  failed: number;
}

export interface ResolverParts {
  readonly zone: Zone;
  readonly client: Pick<UpstreamClient, 'ask'>;
  readonly upstreams: () => Upstreams;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** What could not be asked elsewhere. */
  readonly onFailure: (error: unknown, name: string) => void;
}

/** Answers messages: of the cluster's names from the zone, of others from other servers. */
export class Resolver {
  readonly counts: Counts = { answered: 0, forwarded: 0, failed: 0 };
  readonly #cache = new AnswerCache(CACHE_BYTES);
  readonly #underWay = new Map<string, Promise<Buffer>>();
  #turn = 0;

  constructor(private readonly parts: ResolverParts) {}

  /** The answer, at once for what is known here; undefined for what nobody may be answered for. Never throws or rejects. */
  answer(message: Buffer, transport: 'udp' | 'tcp'): Buffer | Promise<Buffer> | undefined {
    const query = readQuery(message);
    if (query === undefined) return undefined;
    if (isUnanswerable(query)) return encodeRefusal(query);
    try {
      return this.#local(query, transport) ?? this.#elsewhere(query, message, transport);
    } catch (error) {
      return this.#failed(query, error);
    }
  }

  #local(query: Query, transport: 'udp' | 'tcp'): Buffer | Promise<Buffer> | undefined {
    const finding = this.parts.zone.find(query.name, query.type);
    if (finding.kind === 'foreign') return undefined;
    this.counts.answered++;
    if (finding.kind === 'alias') {
      return this.#follow(finding, query.type).then(
        (answers) => encodeReply(query, { rcode: RCODE.ok, authoritative: true, answers }, transport),
        (error: unknown) => this.#failed(query, error),
      );
    }
    return encodeReply(query, this.#replyOf(finding), transport);
  }

  #replyOf(finding: Exclude<Finding, { kind: 'foreign' | 'alias' }>): Reply {
    const authorities = [this.parts.zone.authority];
    if (finding.kind === 'no name') return { rcode: RCODE.noName, authoritative: true, answers: [], authorities };
    const { answers, additionals = [] } = finding;
    if (answers.length === 0) return { rcode: RCODE.ok, authoritative: true, answers, authorities };
    return { rcode: RCODE.ok, authoritative: true, answers: this.#turned(answers), additionals };
  }

  /** Each time another one first: clients take the first. */
  #turned<T>(items: readonly T[]): readonly T[] {
    if (items.length < 2) return items;
    const first = this.#turn++ % items.length;
    return [...items.slice(first), ...items.slice(0, first)];
  }

  /** The answers of an alias, with those of what it leads to. */
  async #follow(alias: Extract<Finding, { kind: 'alias' }>, type: RecordType): Promise<readonly Answer[]> {
    let answers = alias.answers;
    let { target } = alias;
    for (let i = 0; i < MOST_ALIASES; i++) {
      const finding = this.parts.zone.find(target, type);
      if (finding.kind === 'no name') return answers;
      if (finding.kind === 'found') return [...answers, ...finding.answers];
      if (finding.kind === 'foreign') return [...answers, ...(await this.#answersElsewhere(target, type))];
      answers = [...answers, ...finding.answers];
      ({ target } = finding);
    }
    throw new Error(`${target}: more than ${MOST_ALIASES} names lead to names`);
  }

  async #answersElsewhere(name: string, type: RecordType): Promise<readonly Answer[]> {
    const message = encode({
      type: 'query',
      id: 0,
      flags: RECURSION_DESIRED,
      questions: [{ name, type, class: 'IN' }],
    });
    const query = readQuery(message);
    if (query === undefined || isUnanswerable(query)) throw new Error(`${name}: no name that can be asked for`);
    const { answers = [] } = decode(await this.#asked(query, message, 'udp'));
    return answers;
  }

  #elsewhere(query: Query, message: Buffer, transport: 'udp' | 'tcp'): Buffer | Promise<Buffer> {
    this.counts.forwarded++;
    const kept = this.#cache.get(cacheKey(query, transport), query.id, this.parts.now());
    if (kept !== undefined && kept.length <= (transport === 'udp' ? query.udpBytes : kept.length)) return kept;
    return this.#asked(query, message, transport).then(
      (answer) => {
        const own = Buffer.from(answer);
        own.writeUInt16BE(query.id, 0);
        return own;
      },
      (error: unknown) => this.#failed(query, error),
    );
  }

  /** Who asks the same meanwhile has the same answer. */
  #asked(query: Query, message: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer> {
    const key = cacheKey(query, transport);
    const there = this.#underWay.get(key);
    if (there !== undefined) return there;
    const servers = serversFor(query.name, this.parts.upstreams());
    const asking = this.parts.client
      .ask(message, query.question, servers, transport)
      .then((answer) => {
        this.#cache.keep(key, answer, this.parts.now());
        return answer;
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asking);
    return asking;
  }

  #failed(query: Query, error: unknown): Buffer {
    this.counts.failed++;
    this.parts.onFailure(error, query.name);
    return encodeFailure(query);
  }
}

/** What makes two questions the same one: also the case of the name, which an answer repeats. */
function cacheKey({ question, edns, checkingDisabled, recursionDesired, udpBytes }: Query, transport: string): string {
  const flags = [transport, edns?.dnssecOk ?? '-', checkingDisabled, recursionDesired, udpBytes].join(' ');
  return `${flags} ${question.toString('latin1')}`;
}
