import { StatusError } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import type { Repositories } from '../database/repositories';
import type { StateAt } from '../database/snapshot.repository';
import { foldOn, loadState } from './load';

/** Past states held in memory: one question is often followed by another about the same time. */
const CACHED = 2;

/** The state of the cluster at any position that is kept. */
export class AsOfReader {
  #cache: StateAt[] = [];
  /** One at a time: reading the past must not take the machine from the present. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly log: Pick<Repositories, 'events' | 'snapshots' | 'partitions'>) {}

  /** Throws StatusError: 410 for a position that is no longer kept, or that the log (now at `head`) has not reached. */
  read(position: number, head: number): Promise<StateAt> {
    const answer = this.#turn.then(() => this.#read(position, head));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #read(position: number, head: number): Promise<StateAt> {
    if (position > head) {
      throw new StatusError(statusOf.expired(`position ${position} is not reached yet: the log is at ${head}`));
    }
    const cached = this.#cache.find((state) => state.position === position);
    if (cached !== undefined) return cached;
    await this.#refuseUnlessKept(position);
    const at = await this.#load(position);
    this.#cache = [at, ...this.#cache].slice(0, CACHED);
    return at;
  }

  /** From a cached state where one lies between the newest snapshot and the position. */
  async #load(position: number): Promise<StateAt> {
    const near = this.#cache.filter((state) => state.position < position).sort((a, b) => b.position - a.position)[0];
    const snapshot = (await this.log.snapshots.newest(position)) ?? 0;
    if (near === undefined || near.position < snapshot) return loadState(this.log, position);
    return foldOn(this.log, { ...near, state: near.state.copy() }, position);
  }

  /** 410 when neither the log nor a snapshot leads to the position any more. */
  async #refuseUnlessKept(position: number): Promise<void> {
    const first = await this.log.partitions.firstKept();
    if (first === 1) return;
    const snapshot = await this.log.snapshots.newest(position);
    if (snapshot !== undefined && snapshot >= first - 1) return;
    throw new StatusError(statusOf.expired(`position ${position} is no longer kept: the log begins at ${first}`));
  }
}
