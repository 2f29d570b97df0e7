import { setImmediate as turn } from 'node:timers/promises';
import type { Bus, Voice } from '@shiplog/bus';
import {
  digestInSlices,
  hashesOf,
  hashesOfExcerpts,
  nodeOf,
  provable,
  EXCERPT_CHANNELS,
  SharedParts,
  type ClusterState,
} from '@shiplog/cluster';
import { Head, NodeHead, type Signals, type StoredObject } from '@shiplog/contracts';
import type { Logger } from 'pino';
import type { ChannelHeads } from '../writer/channel-heads';
import type { Writer } from '../writer/writer';
import { noteOf, viewHashes } from './view-hashes';

const EVERY_MS = 1_000;
/** When nothing changed: for those who have just come, and so that all others know that they are not cut off. */
const IDLE_MS = 2_000;
/** How often every node is told, and not only those of which something moved; then, too, those that went are forgotten. */
const NODES_MS = 10_000;
/** Proving takes time of everybody who reads: in a rush, most objects have gone again by the end of it. */
const HASH_EVERY_MS = 5_000;
const HASH_IN_RUSH_EVERY_MS = 30_000;
/** Views are proved more seldom: their digests are of no further use. What it takes is a hundredth of the time, at most. */
const VIEWS_EVERY_MS = 60_000;
const VIEWS_SHARE = 100;
/** It is a rush when more events than this come within EVERY_MS. */
const CALM_EVENTS = 100;
/** Nodes told in one go: a few milliseconds. */
const SLICE = 200;

/**
 * Tells where the log is, so that a reader that missed the tail of a channel notices; and what the state hashes to, so
 * that it can prove its own. Goes out after the events it speaks of, on the same connection. A node is told of its own
 * channels apart: one message with all of them would grow with the cluster, and go to everybody in it.
 */
export class HighWaterMarkSignals {
  #timer: NodeJS.Timeout | undefined;
  #sentAt = 0;
  #sentPosition = -1;
  #tickedPosition = 0;
  #hashedAt = 0;
  #hashedPosition = -1;
  #toldNodesAt = 0;
  #viewsDueAt = Infinity;
  #viewsPosition = -1;
  #busy = false;
  /** Of the objects that stay long enough to be hashed. */
  readonly #parts = new SharedParts();

  constructor(
    private readonly bus: Bus,
    private readonly voice: Voice,
    private readonly writer: Pick<Writer, 'state' | 'position'>,
    private readonly heads: ChannelHeads,
    private readonly logger: Logger,
  ) {}

  /** The first one goes out at once: a new journal's readers may have missed what its predecessor did not publish. */
  start(): void {
    this.#timer = setInterval(() => this.#tick(), EVERY_MS);
    this.#viewsDueAt = performance.now() + VIEWS_EVERY_MS;
    this.tellEveryone();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const now = performance.now();
    const { position } = this.writer;
    const isIdle = position === this.#sentPosition;
    const isHashed = position === this.#hashedPosition;
    const isRush = position - this.#tickedPosition > CALM_EVENTS;
    this.#tickedPosition = position;
    const hashEvery = isRush ? HASH_IN_RUSH_EVERY_MS : HASH_EVERY_MS;
    if (position !== this.#viewsPosition && now >= this.#viewsDueAt) this.#proveViews();
    else if (!isHashed && now - this.#hashedAt >= hashEvery) this.#hashAndSend();
    else if (!isIdle || now - this.#sentAt >= IDLE_MS) this.#send();
    if (now - this.#toldNodesAt >= NODES_MS) this.#tellNodes();
    else for (const node of this.heads.takeMoved()) this.#tellNode(node);
  }

  /** What was published while a connection was away is lost to all of them, and none of them noticed. */
  tellEveryone(): void {
    this.#send();
    this.#tellNodes();
  }

  #send({ hashes, views }: Pick<Signals['head'], 'hashes' | 'views'> = {}): void {
    const { position } = this.writer;
    const channels = this.heads.shared();
    this.#say(() => this.bus.tell(Head, { position, epoch: this.voice.epoch, channels, hashes, views }));
    this.#sentAt = performance.now();
    this.#sentPosition = position;
  }

  #tellNode(node: string): void {
    const { position } = this.writer;
    const told = { position, epoch: this.voice.epoch, channels: this.heads.ofNode(node) };
    this.#say(() => this.bus.tell(NodeHead, told, { node }));
  }

  #tellNodes(): void {
    this.#toldNodesAt = performance.now();
    this.heads.forgetEnded((nodes) => thereOf(this.writer.state, nodes));
    this.heads.takeMoved();
    this.#once(async () => {
      for (const slice of slices(this.writer.state.values('nodes'))) {
        for (const { metadata } of slice) this.#tellNode(metadata.name);
        await turn();
      }
    });
  }

  /** Digests are remembered by object: after slices have made most of them, the rest and the sum take one turn. */
  #hashAndSend(): void {
    this.#once(async () => {
      const { state } = this.writer;
      // The first time takes a while, in which objects change; the second time it does not.
      await this.#digest(state);
      await this.#digest(state);
      this.#hashedAt = performance.now();
      this.#hashedPosition = this.writer.position;
      this.#send({ hashes: { ...hashesOf(this.writer.state), ...hashesOfExcerpts(this.writer.state) } });
    });
  }

  async #digest(state: ClusterState): Promise<void> {
    for (const resource of state.resources()) {
      const objects = [...state.values(resource)];
      await digestInSlices(objects, turn, (object) => this.#parts.share(resource, object));
    }
    for (const channel of EXCERPT_CHANNELS)
      await digestInSlices(provable(channel, state.values(channel.resource)), turn);
  }

  /** Hashing takes a while, in which the state goes on: readers note what they have of it before, and hear of it after. */
  #proveViews(): void {
    this.#once(async () => {
      const { state, position: at } = this.writer;
      const started = performance.now();
      const noted = noteOf(state);
      this.#viewsPosition = at;
      this.#send({ views: { at } });
      this.#send({ views: { at, hashes: await viewHashes(noted) } });
      const ended = performance.now();
      this.#viewsDueAt = ended + Math.max(VIEWS_EVERY_MS, VIEWS_SHARE * (ended - started));
    });
  }

  /** One long work at a time; the other waits for a later tick. */
  #once(work: () => Promise<void>): void {
    if (this.#busy) return;
    this.#busy = true;
    work()
      .catch((error: unknown) => this.logger.error({ err: error }, 'readers could not be told where the log is'))
      .finally(() => (this.#busy = false));
  }

  #say(words: () => void): void {
    if (!this.voice.holds() || this.#timer === undefined) return;
    try {
      words();
    } catch (error) {
      this.logger.warn({ err: error }, 'readers could not be told where the log is');
    }
  }
}

/** The nodes, of some, that are there yet: with a Node, or with a pod. */
function thereOf(state: ClusterState, nodes: ReadonlySet<string>): ReadonlySet<string> {
  const there = new Set([...nodes].filter((node) => state.get('nodes', '', node) !== undefined));
  for (const pod of state.values('pods')) {
    const nodeName = nodeOf('pods', pod);
    if (nodes.has(nodeName)) there.add(nodeName);
  }
  return there;
}

function* slices(objects: Iterable<StoredObject>): Generator<StoredObject[]> {
  let slice: StoredObject[] = [];
  for (const object of objects) {
    slice.push(object);
    if (slice.length < SLICE) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
