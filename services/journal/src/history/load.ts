import { ClusterState } from '@shiplog/cluster';
import type { Client } from 'pg';
import { readLog } from '../database/read-log';
import { loadSnapshot, type StateAt } from '../database/snapshots';
import { Heads } from '../writer/heads';

/** The state at a position (default: the end of the log): from the newest snapshot before it and the events since. */
export async function loadState(client: Client, at?: number): Promise<StateAt> {
  const snapshot = await loadSnapshot(client, at);
  return foldOn(client, snapshot ?? { state: new ClusterState(), position: 0, channels: {} }, at);
}

/** Folds the events after a state into it (the state is changed). */
export async function foldOn(client: Client, from: StateAt, upTo?: number): Promise<StateAt> {
  const heads = new Heads(from.channels);
  let position = from.position;
  for await (const events of readLog(client, position, upTo)) {
    for (const event of events) {
      from.state.apply(event);
      heads.advance(event);
      position = event.position;
    }
  }
  return { state: from.state, position, channels: heads.all() };
}
