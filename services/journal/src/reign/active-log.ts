import { Injectable } from '@nestjs/common';
import { StatusError, type Voice } from '@shiplog/bus';
import { statusOf } from '@shiplog/machinery';
import type { Heads } from '../writer/heads';
import type { Writer } from '../writer/writer';

/** The log while this journal is the active one: what its controllers answer from. */
export interface OpenLog {
  readonly writer: Writer;
  /** Last positions of the channels. */
  readonly heads: Heads;
  readonly voice: Voice;
}

/** Where controllers find the open log: another one each time that this journal becomes active. */
@Injectable()
export class ActiveLog {
  #open: OpenLog | undefined;

  use(log: OpenLog | undefined): void {
    this.#open = log;
  }

  get writer(): Writer {
    return this.#log.writer;
  }

  get heads(): Heads {
    return this.#log.heads;
  }

  /** With which this journal speaks, of its epoch. */
  get voice(): Voice {
    return this.#log.voice;
  }

  /** Throws StatusError: 503 while another journal is the active one, or may be. */
  get #log(): OpenLog {
    if (this.#open === undefined || !this.#open.voice.holds())
      throw new StatusError(statusOf.unavailable('this journal is not the active one'));
    return this.#open;
  }
}
