import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import type { AppliedEvent, ReadonlyCluster } from '@shiplog/cluster';
import {
  CONTROLLER_VIEW,
  Note,
  ObjectQuery,
  PositionQuery,
  type AnyCommand,
  type CommandReply,
  type ObjectKey,
  type PayloadOf,
  type StoredObject,
} from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { BUS, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import type { Client } from './client';

/** The client of a running service: a projection of all that the journal tells, and the journal to ask. To be opened before use. */
@Injectable()
export class LiveClient implements Client, OnApplicationShutdown {
  private opened: Projection | undefined;
  private stopped = false;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Resolves when the state is loaded and live, as soon as the journal is there. */
  async open(): Promise<void> {
    const { logger } = this;
    this.opened = await Projection.open(this.bus, { channels: 'all', keep: CONTROLLER_VIEW, logger });
    if (this.stopped) await this.opened.close();
  }

  get position(): number {
    return this.projection.position;
  }

  /** Of objects, what controllers look at: nothing of it may be written back whole that its view does not keep whole. */
  get state(): ReadonlyCluster {
    return this.projection.state;
  }

  onApplied(listener: (batch: readonly AppliedEvent[]) => void): () => void {
    return this.projection.onApplied(listener);
  }

  command(command: AnyCommand): Promise<CommandReply> {
    return this.bus.command(command);
  }

  note(note: PayloadOf<typeof Note>): void {
    this.bus.tell(Note, note);
  }

  now(): number {
    return Date.now();
  }

  newCommandId(): string {
    return newCommandId();
  }

  /** The journal's word on an object as it is now: null when there is none of that name. */
  async ask(key: ObjectKey): Promise<StoredObject | null> {
    return (await this.bus.ask(ObjectQuery, { key })).object;
  }

  /** Resolves when the state holds all that the journal had committed at the time of asking. */
  async upToDate(): Promise<void> {
    await this.projection.waitFor((await this.bus.ask(PositionQuery, {})).position);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.opened?.close();
  }

  private get projection(): Projection {
    if (this.opened === undefined) throw new Error('the state is not loaded yet');
    return this.opened;
  }
}
