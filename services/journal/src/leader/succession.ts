import { BusUnavailable, type Bus, type ConnectionWatch, type HeldEpoch } from '@shiplog/bus';
import { StepDown } from '@shiplog/contracts';
import { backOffMs } from '@shiplog/wait';
import type { Logger } from 'pino';
import type { Lease } from '../database/lease';

/** For one question to the predecessor: one that is there answers in a millisecond. */
const PATIENCE = { firstMs: 25, longestMs: 1_000 };

/**
 * Resolves when whoever was the active journal before can't answer from the log any more. Postgres gives the lock to the
 * next one when it takes the holder's session for dead; its holder may live, and believe in its lease until that ends. So
 * it is asked to step down; that nobody listens says that it is gone, or cut off from all who could hear it (see
 * `Standing`). One that does not answer is waited for.
 */
export async function succeed(
  bus: Pick<Bus, 'ask'>,
  { epoch, predecessorMs }: Pick<Lease, 'epoch' | 'predecessorMs'>,
  logger: Logger,
): Promise<void> {
  const until = performance.now() + predecessorMs;
  let asked = 0;
  for (let left = predecessorMs; left > 0; left = until - performance.now()) {
    try {
      const timeoutMs = Math.min(backOffMs(++asked, PATIENCE), left);
      return void (await bus.ask(StepDown, { epoch }, {}, { timeoutMs }));
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      if (error.last === 'nobody listens') return;
      if (asked === 1) logger.warn({ epoch, leftMs: Math.round(left) }, 'the journal before does not answer');
    }
  }
}

/**
 * Whether a journal may speak for the log: while it has the lease, and only over a connection over which a successor could
 * have asked it to step down. After a connection was lost, and a new one heard, Postgres is asked whether there is one.
 */
export class Standing implements HeldEpoch {
  readonly epoch: number;
  #isConfirmed: boolean;
  /** Of connections, counted. */
  #lost = 0;
  readonly #unwatch: (() => void)[];

  /** @param onConfirmed is called each time that it may speak again */
  constructor(
    private readonly bus: Pick<Bus, 'connection' | 'onError'>,
    watch: Pick<ConnectionWatch, 'on' | 'isUp'>,
    private readonly lease: Pick<Lease, 'epoch' | 'holds' | 'confirm'>,
    private readonly onConfirmed: () => void,
  ) {
    this.epoch = lease.epoch;
    this.#isConfirmed = watch.isUp;
    this.#unwatch = [
      watch.on('lost', () => {
        this.#isConfirmed = false;
        this.#lost++;
      }),
      watch.on('back', () => {
        this.#confirm().catch((error: unknown) => bus.onError(error, 'the journal at its new connection'));
      }),
    ];
  }

  holds(): boolean {
    return this.#isConfirmed && this.lease.holds();
  }

  end(): void {
    for (const unwatch of this.#unwatch) unwatch();
  }

  /** In this order: the server has its subscriptions again, then Postgres says that nobody has come meanwhile. */
  async #confirm(): Promise<void> {
    const connection = this.#lost;
    await this.bus.connection.flush();
    const isHeld = await this.lease.confirm();
    if (!isHeld || connection !== this.#lost) return;
    this.#isConfirmed = true;
    this.onConfirmed();
  }
}
