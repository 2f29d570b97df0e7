import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { Head, PositionQuery } from '@shiplog/contracts';
import { BUS, CONFIG } from '@shiplog/service';
import type { ApiConfig } from '../settings';

/** How many looks there are in the time after which silence counts. */
const LOOKS = 4;

/**
 * Whether the journal is heard of. Without it what this api knows grows old unnoticed: it is not ready then, and no longer
 * claims to know the latest, as an API server of Kubernetes that has lost its etcd. The journal's heads are listened for;
 * when none comes for half of the time that silence may last, the journal is asked.
 */
@Injectable()
export class JournalContact implements OnApplicationBootstrap, OnApplicationShutdown {
  /** By a clock that nobody sets. */
  #heardAt = performance.now();
  #isAsking = false;
  #stop: () => void = () => undefined;

  constructor(
    @Inject(BUS) private readonly bus: Pick<Bus, 'hear' | 'ask'>,
    @Inject(CONFIG) private readonly config: Pick<ApiConfig, 'journalSilence'>,
  ) {}

  onApplicationBootstrap(): void {
    this.heard();
    const heads = this.bus.hear(Head, () => this.heard());
    const looking = setInterval(() => this.#look(), this.config.journalSilence / LOOKS);
    looking.unref();
    this.#stop = () => {
      clearInterval(looking);
      heads.unsubscribe();
    };
  }

  onApplicationShutdown(): void {
    this.#stop();
  }

  /** The journal has said something. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /** Why what is known may be old; undefined while the journal is heard of. */
  staleReason(): string | undefined {
    const silence = this.#silence;
    if (silence <= this.config.journalSilence) return undefined;
    return `nothing was heard from the journal, which keeps the log, for ${Math.round(silence / 100) / 10} s`;
  }

  get #silence(): number {
    return performance.now() - this.#heardAt;
  }

  #look(): void {
    const { journalSilence } = this.config;
    if (this.#isAsking || this.#silence < journalSilence / 2) return;
    this.#isAsking = true;
    const heard = (): void => this.heard();
    // Whoever can't answer is not heard of: that is all there is to know.
    const silent = (): void => undefined;
    void this.bus
      .ask(PositionQuery, {}, {}, { timeoutMs: journalSilence })
      .then(heard, silent)
      .finally(() => (this.#isAsking = false));
  }
}
