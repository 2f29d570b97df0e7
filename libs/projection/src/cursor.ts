import { channelKind, channelName, type Channel, type CommitPart, type Signals } from '@shiplog/contracts';

/** How far the log goes, and each channel in it, in the journal's words. */
export type Told = Pick<Signals['head'], 'position' | 'channels'>;

/** How far a channel has been read. Each part of a commit names its predecessors, so loss, repetition and disorder show. */
export class Cursor {
  readonly name: string;
  /** Position of the last event that was folded. */
  last = 0;
  /** Nothing up to here was missed: what came after `last`, if anything, was of other channels. */
  upTo = 0;

  constructor(readonly channel: Channel) {
    this.name = channelName(channel);
  }

  get isOfNode(): boolean {
    return this.channel.node !== undefined;
  }

  /** Nothing up to here was missed. */
  reach(position: number): void {
    this.upTo = Math.max(this.upTo, position);
  }

  /** Whether the journal's word on the channel's last event can't be: it has none that was read, or one where there was none. */
  contradicts(last: number): boolean {
    return this.last > last || (this.last < last && last <= this.upTo);
  }

  /** Whether an event before a commit was missed, as a part of it says; of a node's channels only their own parts speak. */
  isBehind({ heads }: CommitPart): boolean {
    return (heads[this.name] ?? 0) > this.last;
  }
}

/** What a projection follows: some channels, or those of all resources that there are, also of kinds that come later. */
export type Followed = readonly Channel[] | 'all';

/** The cursors of what is followed. An excerpt is followed as a resource is, in its place. */
export class Cursors {
  readonly ofResources: Cursor[];
  readonly ofNode: readonly Cursor[];
  readonly #byResource = new Map<string, Cursor>();
  readonly isAll: boolean;

  constructor(followed: Followed) {
    this.isAll = followed === 'all';
    // Of all resources there are those that the journal tells of.
    const cursors = followed === 'all' ? [] : followed.map((channel) => new Cursor(channel));
    this.ofResources = cursors.filter(({ isOfNode }) => !isOfNode);
    this.ofNode = cursors.filter(({ isOfNode }) => isOfNode);
    for (const cursor of this.ofResources) this.#byResource.set(cursor.channel.resource, cursor);
  }

  /** Whether nothing is followed but what belongs to a node. */
  get isOfNodeAlone(): boolean {
    return !this.isAll && this.ofResources.length === 0;
  }

  /** Of which the heads tell that are heard: who hears of a node alone has no other word on how long the log is. */
  get ofHeads(): readonly Cursor[] {
    return this.isOfNodeAlone ? this.ofNode : this.ofResources;
  }

  get all(): readonly Cursor[] {
    return this.ofNode.length === 0 ? this.ofResources : [...this.ofNode, ...this.ofResources];
  }

  /** What the journal is asked for to have all of these; undefined: everything. */
  get channels(): Channel[] | undefined {
    return this.isAll ? undefined : this.all.map(({ channel }) => channel);
  }

  /** Meets the resources that a part of a commit speaks of: of those that it names, none may be missed. */
  meet({ channels, heads }: CommitPart, upTo: number): void {
    if (!this.isAll) return;
    for (const name of channels) this.of(name, upTo);
    for (const name in heads) this.of(name, upTo);
  }

  /**
   * Of a resource; undefined when it is not followed. Where all are, one that was not heard of so far had no event yet;
   * excerpts have nothing that is not there without them.
   *
   * @param upTo where the projection is
   */
  of(resource: string, upTo: number): Cursor | undefined {
    const known = this.#byResource.get(resource);
    if (known !== undefined || !this.isAll || channelKind(resource) !== 'resource') return known;
    const cursor = new Cursor({ resource });
    cursor.upTo = upTo;
    this.#byResource.set(resource, cursor);
    this.ofResources.push(cursor);
    return cursor;
  }
}
