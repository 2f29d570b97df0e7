import { Injectable } from '@nestjs/common';
import { StatusError } from '@shiplog/contracts';
import type { Voice } from '@shiplog/bus';
import { statusOf } from '@shiplog/apimachinery';
import type { Lease } from '../database/lease';
import type { ChannelHeads } from '../writer/channel-heads';
import type { Writer } from '../writer/writer';

/** The log while this journal is the active one: what its controllers answer from. */
export interface OpenLog {
  readonly writer: Writer;
  /** Last positions of the channels. */
  readonly heads: ChannelHeads;
  /** With which this journal speaks, of its epoch: past the lease's deadline it says nothing any more. */
  readonly voice: Voice;
  readonly lease: Pick<Lease, 'holds' | 'supersede'>;
}

/** This journal is not the active one, or not any more: another one may answer. */
export class NotActive extends StatusError {
  constructor() {
    super(statusOf.unavailable('this journal is not the active one'));
  }
}

/** Where controllers find the open log: another one each time that this journal becomes active. */
@Injectable()
export class ActiveLog {
  #open: OpenLog | undefined;

  use(log: OpenLog | undefined): void {
    this.#open = log;
  }

  /**
   * The writer, also while this journal may not speak: what it decides is committed only in the newest epoch, and what
   * it answers is said only while the voice holds: else the sender asks again.
   */
  get writer(): Writer {
    if (this.#open?.lease.holds() !== true) throw new NotActive();
    return this.#open.writer;
  }

  /** A journal has begun an epoch: what this one has of an earlier one is over. */
  supersede(epoch: number): void {
    this.#open?.lease.supersede(epoch);
  }

  get heads(): ChannelHeads {
    return this.open.heads;
  }

  /** With which this journal speaks, of its epoch. */
  get voice(): Voice {
    return this.open.voice;
  }

  get epoch(): number {
    return this.open.voice.epoch;
  }

  /** Whether this journal is the active one, and may say so. Costs nothing. */
  holds(): boolean {
    return this.#open?.voice.holds() === true;
  }

  /** Throws NotActive (503) while another journal is the active one, and from the moment that the lease is over. */
  get open(): OpenLog {
    if (this.#open === undefined || !this.#open.voice.holds()) throw new NotActive();
    return this.#open;
  }

  /**
   * What must be asked again before each thing is said that was begun now: throws NotActive when the lease under which
   * it was begun is over, also when this journal has another one by then.
   */
  guard(): () => void {
    const begun = this.open;
    return () => {
      if (this.#open !== begun || !begun.voice.holds()) throw new NotActive();
    };
  }
}
