import { setImmediate as turn } from 'node:timers/promises';
import { digestInSlices, hashObjects, provable, ViewFold, type ClusterState } from '@shiplog/cluster';
import type { Bus } from '@shiplog/bus';
import { PositionQuery, type Signals } from '@shiplog/contracts';
import type { Logger } from 'pino';
import type { Cursor } from './cursor';
import { ViewProof } from './view-proof';

/** How often what belongs to a node is compared with the journal's: heads carry no hashes of nodes' channels. */
const PROVE_NODE_MS = 30_000;

/** What a proof came to: how many channels are as the journal says, and which are not. */
export interface Verdict {
  readonly proved: number;
  readonly wrong: readonly Cursor[];
}

/** Compares what was folded with what the journal says it hashes to, beside the folding: one proof at a time. */
export class Proof {
  readonly #ofView: ViewProof;
  #isUnderWay = false;

  /** @param kept what is kept of objects; default: all of it */
  constructor(private readonly kept = new ViewFold()) {
    this.#ofView = new ViewProof(kept.view);
  }

  /** As `of`, of objects that are not kept whole; see `ViewProof`. */
  ofView(
    state: ClusterState,
    cursors: readonly Cursor[],
    head: Pick<Signals['head'], 'position' | 'views'>,
  ): Promise<Verdict | undefined> {
    return this.#ofView.of(state, cursors, head);
  }

  /**
   * The verdict on the state as it is now; undefined where there is nothing to compare, or another proof goes on: the
   * journal soon says more. Of channels that it says nothing of there is no verdict.
   */
  async of(
    state: ClusterState,
    cursors: readonly Cursor[],
    hashes: Partial<Record<string, string>>,
  ): Promise<Verdict | undefined> {
    const told = cursors.filter((cursor) => hashes[cursor.name] !== undefined && !this.#ofView.isOf(cursor));
    if (told.length === 0 || this.#isUnderWay) return undefined;
    this.#isUnderWay = true;
    try {
      // Events go on to change the state itself, and never an object.
      const then = told.map((cursor) => {
        const { channel } = cursor;
        return { cursor, objects: [...provable(channel, state.values(channel.resource))] };
      });
      for (const { cursor, objects } of then)
        await digestInSlices(objects, turn, (object) => this.kept.share(cursor.channel.resource, object));
      const wrong = then
        .filter(({ cursor, objects }) => hashObjects(objects) !== hashes[cursor.name])
        .map(({ cursor }) => cursor);
      return { proved: told.length - wrong.length, wrong };
    } finally {
      this.#isUnderWay = false;
    }
  }
}

/** What the journal says that channels hash to: those of them that have been read as far as it says that they go. */
export async function hashesOfWhole(
  bus: Pick<Bus, 'ask'>,
  cursors: readonly Cursor[],
): Promise<Partial<Record<string, string>>> {
  const channels = cursors.map(({ channel }) => channel);
  const { channels: lasts, hashes = {} } = await bus.ask(PositionQuery, { channels, hashes: true });
  const whole = cursors.filter(({ name, last }) => lasts[name] === last);
  return Object.fromEntries(whole.map(({ name }) => [name, hashes[name]]));
}

/** Proves again and again, as long as the journal is there. */
export function atIntervals(
  milliseconds = PROVE_NODE_MS,
  prove: () => Promise<void>,
  logger: Pick<Logger, 'debug'>,
): NodeJS.Timeout {
  const onFailure = (error: unknown): void => logger.debug({ err: error }, 'the journal could not be compared with');
  return setInterval(() => void prove().catch(onFailure), milliseconds).unref();
}

/** Has every object of a channel differ from the journal's, so that loading tells of each what it was really like. */
export function distrust(state: ClusterState, { channel: { resource } }: Cursor): void {
  for (const object of [...state.values(resource)])
    state.put(resource, { ...object, metadata: { ...object.metadata, resourceVersion: '0' } });
}
