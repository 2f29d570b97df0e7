import type { KubeStatus, ResourceId, StoredObject } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { statusOfFailure } from '../../common/failures';
import type { OutStream } from '../../rest/answer';
import { transitionOf, type Change } from '../../cache/window/change';
import { line, type Encoder, type WatchEvent } from '../../rest/watch-encoder';
import type { SharedSlices } from '../../cache/shared-slices';
import type { Listener } from '../../cache/watch-cache';
import type { EventWindow } from '../../cache/window/event-window';

export interface WatchStreamOptions {
  readonly resource: ResourceId;
  readonly window: EventWindow;
  readonly slices: SharedSlices;
  readonly out: OutStream;
  readonly encoder: Encoder;
  readonly chosen: (object: StoredObject) => boolean;
  /** Selections of the same key choose alike, so watchers share the bytes. */
  readonly selectionKey: string;
  /** Changes up to here were seen already. */
  readonly after: number;
  /** Sees to it that objects can be shown; undefined where they can be. */
  readonly prepare?: (objects: readonly StoredObject[]) => Promise<void> | undefined;
  /** Told of a defect in showing a change: it ends this watch, and no other. */
  readonly failed: (error: unknown) => void;
  /** The client has been told why nothing more comes: its answer can end, after what it has not taken yet. */
  readonly over: () => void;
}

/** Changes encoded at once when a watcher catches up; slices begin at multiples, so that watchers share them. */
const SLICE = 64;

/**
 * One client's place in the window of a resource. It is given changes as they come while it keeps up; when it is behind, nothing
 * is buffered for it: it reads on from the window once its connection has drained, and is told to begin anew when the
 * window has moved past it. A watch that ends so ends with an ERROR event, never with a broken connection: those who
 * watch with client-go list anew at once then.
 */
export class WatchStream implements Listener {
  #place: number;
  #blocked = false;
  #ended = false;
  #encoder: Encoder;
  #key = '';

  constructor(
    private readonly options: WatchStreamOptions,
    place: number,
  ) {
    this.#place = place;
    this.#encoder = options.encoder;
    this.#encodeBy(options.encoder);
  }

  lost(): void {
    this.#tell(statusOf.expired('some changes were missed; list again and watch from there'));
  }

  heard(changes: readonly Change[], seq: number, shared: Map<string, Buffer>): void {
    this.#guarded(() => this.#hear(changes, seq, shared));
  }

  #hear(changes: readonly Change[], seq: number, shared: Map<string, Buffer>): void {
    if (this.#blocked || this.#ended || seq !== this.#place) return;
    if (!this.#areAllNew(changes)) return this.#readOn();
    if (this.#mustWait(changes)) return;
    let bytes = shared.get(this.#key);
    if (bytes === undefined) {
      bytes = this.#encoder.encode(this.#eventsOf(changes));
      shared.set(this.#key, bytes);
    }
    this.#place += changes.length;
    this.#send(bytes);
  }

  /** Sends everything that the window has from the watcher's place on, as far as the client takes it. */
  catchUp(): void {
    this.#guarded(() => this.#readOn());
  }

  #readOn(): void {
    while (!this.#blocked && !this.#ended) {
      const changes = this.options.window.from(this.#place, SLICE - (this.#place % SLICE));
      if (changes === undefined) {
        return this.#tell(statusOf.expired('the watch fell too far behind; list again and watch from there'));
      }
      if (changes.length === 0 || this.#mustWait(changes)) return;
      const bytes = this.#sliceOf(changes);
      this.#place += changes.length;
      this.#send(bytes);
    }
  }

  /** Whether changes can't be shown yet: the watch then goes on from its place once they can be. */
  #mustWait(changes: readonly Change[]): boolean {
    const { prepare, failed } = this.options;
    const ready = prepare?.(this.#eventsOf(changes).map(({ object }) => object));
    if (ready === undefined) return false;
    this.#blocked = true;
    ready.then(
      () => {
        this.#blocked = false;
        this.catchUp();
      },
      (error: unknown) => {
        failed(error);
        this.#tell(statusOfFailure(error) ?? statusOf.internal('a change could not be shown'));
      },
    );
    return true;
  }

  /** The bytes of what the window has from the watcher's place on. */
  #sliceOf(changes: readonly Change[]): Buffer {
    const { resource, slices } = this.options;
    const encoder = this.#encoder;
    if (!this.#areAllNew(changes)) {
      return encoder.encode(this.#eventsOf(changes.filter((change) => this.#isNew(change))));
    }
    const key = `${resource} ${this.#place}+${changes.length}\n${this.#key}`;
    return slices.of(key, () => encoder.encode(this.#eventsOf(changes)));
  }

  /** Says how far the client has seen; only when it has seen everything. */
  bookmark(position: number): void {
    if (this.#blocked || this.#ended || this.#place !== this.options.window.next) return;
    this.#send(this.#encoder.bookmark(Math.max(position, this.options.after), false));
  }

  end(): void {
    this.#ended = true;
  }

  #eventsOf(changes: readonly Change[]): WatchEvent[] {
    const events: WatchEvent[] = [];
    for (const change of changes) {
      const event = transitionOf(change, this.options.chosen);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /** Positions never fall from change to change. */
  #areAllNew([first]: readonly Change[]): boolean {
    return (first?.position ?? 0) > this.options.after;
  }

  #isNew({ position, fromSignal }: Change): boolean {
    return position > this.options.after || (fromSignal === true && position === this.options.after);
  }

  #encodeBy(encoder: Encoder): void {
    this.#encoder = encoder;
    this.#key = `${encoder.key}\n${this.options.selectionKey}`;
  }

  #send(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.#encoder.rest !== undefined) this.#encodeBy(this.#encoder.rest);
    if (this.options.out.write(bytes)) return;
    this.#blocked = true;
    void this.options.out.drained().then(() => {
      this.#blocked = false;
      this.catchUp();
    });
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.options.failed(error);
      this.#tell(statusOf.internal('a change could not be shown'));
    }
  }

  /** The last that this client hears. */
  #tell(status: KubeStatus): void {
    if (this.#ended) return;
    this.#ended = true;
    this.options.out.write(line('ERROR', status));
    this.options.over();
  }
}
