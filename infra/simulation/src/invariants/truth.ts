import { ClusterState, eventOn, hashObjects, hashOfChannel } from '@shiplog/cluster';
import { channelName, type Channel, type LogEvent, type ObjectKey, type StoredObject } from '@shiplog/contracts';
import { Violation } from './violation';

interface Hashed {
  readonly position: number;
  readonly hash: string;
}
interface Version {
  readonly position: number;
  readonly object: StoredObject | undefined;
}

/** The log as the database has it, and what it folds to at every position: what everybody else is measured by. */
export class Truth {
  readonly log: LogEvent[] = [];
  readonly state = new ClusterState();
  readonly #channels: readonly Channel[];
  readonly #hashes = new Map<string, Hashed[]>();
  readonly #positions = new Map<string, number[]>();
  readonly #versions = new Map<string, Version[]>();
  readonly #ofCommand = new Map<string, number[]>();

  /** @param channels those that somebody will be compared in */
  constructor(
    channels: readonly Channel[],
    private readonly violated: (violation: Violation) => void,
  ) {
    this.#channels = [...new Map(channels.map((channel) => [channelName(channel), channel])).values()];
    for (const channel of this.#channels) {
      this.#hashes.set(channelName(channel), [{ position: 0, hash: hashObjects([]) }]);
      this.#positions.set(channelName(channel), []);
    }
  }

  get position(): number {
    return this.log.length;
  }

  /** Takes a commit in: each position is the one after the last, and time never runs backwards. */
  committed(events: readonly LogEvent[]): void {
    for (const event of events) {
      const last = this.log.at(-1);
      if (event.position !== this.position + 1) {
        this.violated(new Violation('positions are gapless', `after ${this.position} comes ${event.position}`));
      }
      if (last !== undefined && event.time < last.time) {
        const told = `${last.time} at ${last.position}, then ${event.time}`;
        this.violated(new Violation('time in the log never runs backwards', told));
      }
      this.log.push(event);
      this.#fold(event);
    }
  }

  /** A snapshot that was saved is what the log folds to. */
  snapshotted({ state, position }: { readonly state: ClusterState; readonly position: number }): void {
    for (const channel of this.#channels) {
      if (hashOfChannel(state, channel) === this.hashAt(channel, position)) continue;
      this.violated(
        new Violation('a snapshot is the fold at its position', `${channelName(channel)} in that of ${position}`),
      );
    }
  }

  #fold(event: LogEvent): void {
    const { resource, namespace, name, position, commandId } = event;
    const { after } = this.state.apply(event);
    append(this.#versions, `${resource} ${namespace}/${name}`, { position, object: after });
    append(this.#ofCommand, commandId, position);
    for (const channel of this.#channels) {
      if (eventOn(channel, event) === undefined) continue;
      append(this.#positions, channelName(channel), position);
      append(this.#hashes, channelName(channel), { position, hash: hashOfChannel(this.state, channel) });
    }
  }

  /** The positions of a command's events. */
  eventsOf(commandId: string): readonly number[] {
    return this.#ofCommand.get(commandId) ?? [];
  }

  objectAt({ resource, namespace, name }: ObjectKey, position: number): StoredObject | undefined {
    return this.#versions.get(`${resource} ${namespace}/${name}`)?.findLast((item) => item.position <= position)
      ?.object;
  }

  hashAt(channel: Channel, position: number): string {
    return this.#hashes.get(channelName(channel))?.findLast((item) => item.position <= position)?.hash ?? '';
  }

  /** Whether a channel's state hashed so at a position, or at any later one. */
  hadHashSince(channel: Channel, position: number, hash: string): boolean {
    const hashes = this.#hashes.get(channelName(channel)) ?? [];
    for (let i = hashes.length - 1; i >= 0; i--) {
      const item = hashes[i] as Hashed;
      if (item.hash === hash) return true;
      if (item.position <= position) return false;
    }
    return false;
  }

  /** The position of a channel's last event up to a position; 0: there is none. */
  lastOf(channel: Channel, position: number): number {
    return this.#positions.get(channelName(channel))?.findLast((item) => item <= position) ?? 0;
  }

  /** The position of a channel's first event after a position. */
  nextOf(channel: Channel, position: number): number | undefined {
    return this.#positions.get(channelName(channel))?.find((item) => item > position);
  }
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
