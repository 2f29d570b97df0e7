import { StatusError } from '@shiplog/bus';
import { statusOf } from '@shiplog/machinery';
import type { Client } from 'pg';
import { connectClient } from '../database/client';
import { listPartitions } from '../database/partitions';
import type { StateAt } from '../database/snapshots';
import { foldOn, loadState } from './load';

/** Past states held in memory: one question is often followed by another about the same time. */
const CACHED = 2;

/** The state of the cluster at any position that is kept. */
export class Past {
  #cache: StateAt[] = [];
  /** One at a time: reading the past must not take the machine from the present. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly databaseUrl: string,
    private readonly onError: (error: Error) => void,
  ) {}

  /** Throws StatusError: 410 for a position that is no longer kept, or that the log (now at `head`) has not reached. */
  stateAt(position: number, head: number): Promise<StateAt> {
    const answer = this.#turn.then(() => this.#stateAt(position, head));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #stateAt(position: number, head: number): Promise<StateAt> {
    if (position > head) {
      throw new StatusError(statusOf.expired(`position ${position} is not reached yet: the log is at ${head}`));
    }
    const cached = this.#cache.find((one) => one.position === position);
    if (cached !== undefined) return cached;
    const client = await connectClient(this.databaseUrl, 'past', this.onError);
    try {
      await refuseUnlessKept(client, position);
      const at = await this.#load(client, position);
      this.#cache = [at, ...this.#cache].slice(0, CACHED);
      return at;
    } finally {
      await client.end();
    }
  }

  /** From a cached state where one lies between the newest snapshot and the position. */
  async #load(client: Client, position: number): Promise<StateAt> {
    const near = this.#cache.filter((one) => one.position < position).sort((a, b) => b.position - a.position)[0];
    const { rows } = await client.query<{ position: string | null }>(
      'select max(position) as position from snapshots where position <= $1',
      [position],
    );
    if (near === undefined || near.position < Number(rows[0]?.position ?? 0)) return loadState(client, position);
    return foldOn(client, { ...near, state: near.state.copy() }, position);
  }
}

/** The first position whose event is in the database; states before it can't be folded, except from a snapshot. */
export async function firstKept(client: Client): Promise<number> {
  const partitions = await listPartitions(client);
  return Math.max(1, partitions[0]?.from ?? 1);
}

/** 410 when neither the log nor a snapshot leads to the position any more. */
export async function refuseUnlessKept(client: Client, position: number): Promise<void> {
  const first = await firstKept(client);
  if (first === 1) return;
  const { rows } = await client.query('select from snapshots where position <= $1 and position >= $2 limit 1', [
    position,
    first - 1,
  ]);
  if (rows.length === 0) {
    throw new StatusError(statusOf.expired(`position ${position} is no longer kept: the log begins at ${first}`));
  }
}
