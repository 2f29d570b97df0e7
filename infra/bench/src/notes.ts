import { LauncherFailure } from '../../launcher/src/failure';
import type { Figure } from './figures';

/** A measurement that came to nothing, and why. */
export interface Failure {
  readonly what: string;
  readonly why: string;
}

/** What a run has found so far: a failure is noted beside the figures of the others. */
export class Notes {
  readonly figures: Figure[] = [];
  readonly failures: Failure[] = [];
  readonly #since = performance.now();

  get seconds(): number {
    return (performance.now() - this.#since) / 1_000;
  }

  /** Shows what goes on, with the time since the beginning. */
  tell(what: string): void {
    process.stderr.write(`  ${this.seconds.toFixed(0).padStart(4)} s  ${what}\n`);
  }

  failed(what: string, error: unknown): void {
    const fix = error instanceof LauncherFailure ? ` (${error.fix})` : '';
    const why = `${error instanceof Error ? error.message : String(error)}${fix}`;
    this.failures.push({ what, why });
    this.tell(`${what} failed: ${why}`);
  }

  async measure(what: string, run: () => Promise<Figure[]>): Promise<void> {
    this.tell(what);
    try {
      this.figures.push(...(await run()));
    } catch (error) {
      this.failed(what, error);
    }
  }
}
