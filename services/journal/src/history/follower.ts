import { FoldError } from '@shiplog/cluster';
import { keepRunning } from '@shiplog/wait';
import type { Logger } from 'pino';
import { BrokenLog } from '../database/read-log';
import type { Repositories } from '../database/repositories';
import type { StateAt } from '../database/snapshot.repository';
import { Folding } from './folding';
import { nearestState, type StateSources } from './load';
import { NewestCommands } from './newest-commands';

/** How often a follower looks for new events: what is missing at a takeover is no more than what came in so long. */
const EVERY_MS = 500;
const BACK_OFF = { firstMs: EVERY_MS, longestMs: 5_000 };
/** Events of one read: no reader of the log is in the way of a partition that leaves for long. */
const PAGE = 5_000;

/** Answered commands held in the memory of the writer, and their ids ready before; older ones are found in the log. */
export const RECENT_COMMANDS = { commands: 50_000, bytes: 32 * 1024 * 1024 };

/** What a writer begins with. */
export interface LogEnd extends StateAt {
  /** The ids of the newest commands of the log, oldest first: as many as RECENT_COMMANDS says at most. */
  readonly newest: readonly string[];
}

/**
 * The state of the log, folded on while another journal writes it, so that it is there when that one is gone. It reads
 * the log itself, by position: what is in Postgres is committed and without gaps, so that nothing has to be proved,
 * fetched again or put in order, as events that are heard would have to be; and a takeover reads the end of the log
 * anyway. What it misses costs the active journal nothing but an index look-up twice a second.
 */
export class Follower {
  readonly #commands: NewestCommands;
  readonly #stop = new AbortController();
  #folding: Folding | undefined;
  #loop: Promise<void> | undefined;
  readonly #caughtUp: Promise<void>;
  #resolveCaughtUp: () => void = () => undefined;

  constructor(
    private readonly log: StateSources & Pick<Repositories, 'commands'>,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    this.#commands = new NewestCommands(log, RECENT_COMMANDS.commands);
    this.#caughtUp = new Promise((resolve) => (this.#resolveCaughtUp = resolve));
  }

  /** Of the last event folded in; undefined until there is a state. */
  get position(): number | undefined {
    return this.#folding?.position;
  }

  /** Begins to follow, if it has not begun; resolves when the end of the log is reached, or `stop` was called. */
  follow(): Promise<void> {
    const { signal } = this.#stop;
    this.#loop ??= keepRunning(() => this.#goOn(signal), {
      backOff: BACK_OFF,
      signal,
      onError: (error, pauseMs) =>
        this.logger.warn({ err: error, position: this.position, pauseMs }, 'the log could not be followed'),
    });
    return this.#caughtUp;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#resolveCaughtUp();
    await this.#loop;
  }

  /** Stops, and hands out the state at the very end of the log: whoever asks is the one who may write on. */
  async take(): Promise<LogEnd> {
    await this.stop();
    const newest = this.#commands.refresh();
    newest.catch(() => undefined);
    // A Postgres that lost its end has another one by now: what was folded of the lost one never was.
    if ((this.position ?? 0) > (await this.log.events.end())) this.#folding = undefined;
    return { ...(await this.#takeState()), newest: await newest };
  }

  async #takeState(): Promise<StateAt> {
    const hadState = this.#folding !== undefined;
    try {
      return await this.#catchUp();
    } catch (error) {
      // What it stood on has left the log meanwhile: a snapshot leads on from there.
      if (!hadState || this.#folding !== undefined) throw error;
      return this.#catchUp();
    }
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    await this.#catchUp(signal);
    if (signal.aborted) return;
    await this.#commands.refresh();
    this.#resolveCaughtUp();
  }

  /** Reads page after page to the end of the log; stops between two when told. */
  async #catchUp(signal?: AbortSignal): Promise<StateAt> {
    const folding = (this.#folding ??= new Folding(await nearestState(this.log)));
    try {
      let from: number;
      do {
        from = folding.position;
        for await (const events of this.log.events.read(from, undefined, PAGE)) await folding.take(events);
      } while (folding.position === from + PAGE && signal?.aborted !== true);
      return await folding.fold();
    } catch (error) {
      if (error instanceof BrokenLog || error instanceof FoldError) this.#folding = undefined;
      throw error;
    }
  }
}
