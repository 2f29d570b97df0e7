import { setImmediate as turn } from 'node:timers/promises';
import { differing, hashInSlices, maskOf, viewId, type ClusterState } from '@shiplog/cluster';
import type { Signals, StoredObject, View } from '@shiplog/contracts';
import type { Cursor } from './cursor';
import type { Verdict } from './prove';

/**
 * Proves what a view keeps of objects, of which the heads' hashes say nothing: the journal names a position at which everybody
 * notes what there is, and says later what it hashes to.
 */
export class ViewProof {
  readonly #id: string;
  #noted: { readonly at: number; readonly objects: ReadonlyMap<Cursor, readonly StoredObject[]> } | undefined;

  constructor(private readonly view: View) {
    this.#id = viewId(view);
  }

  /** Whether the heads' hashes, of whole objects, are not of what is kept of these. */
  isOf({ channel }: Cursor): boolean {
    return maskOf(this.view, channel.resource) !== undefined;
  }

  /**
   * Takes what a head says of views, while the state is that of the head's position. The verdict is on the state that was
   * noted; undefined where there is none: it is yet to be told, or another release's view.
   */
  async of(
    state: ClusterState,
    cursors: readonly Cursor[],
    { position, views }: Pick<Signals['head'], 'position' | 'views'>,
  ): Promise<Verdict | undefined> {
    if (views === undefined) return undefined;
    const { at, hashes } = views;
    if (hashes === undefined) {
      this.#noted = at === position ? { at, objects: this.#noteOf(state, cursors) } : undefined;
      return undefined;
    }
    const noted = this.#noted;
    const theirs = hashes[this.#id];
    if (noted?.at !== at || theirs === undefined) return undefined;
    this.#noted = undefined;
    const ours: Record<string, string> = {};
    for (const [{ name }, objects] of noted.objects) ours[name] = await hashInSlices(objects, turn);
    const different = differing(ours, theirs);
    const followed = [...noted.objects.keys()];
    const wrong = followed.filter(({ name }) => different.includes(name));
    return { proved: followed.length - wrong.length, wrong };
  }

  /** Objects are immutable: to hold on to them is a snapshot. */
  #noteOf(state: ClusterState, cursors: readonly Cursor[]): ReadonlyMap<Cursor, readonly StoredObject[]> {
    const followed = cursors.filter((cursor) => this.isOf(cursor));
    return new Map(followed.map((cursor) => [cursor, [...state.values(cursor.channel.resource)]]));
  }
}
