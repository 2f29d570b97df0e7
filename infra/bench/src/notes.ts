import { LauncherFailure } from '../../launcher/src/failure';
import type { Figure } from './figures';

/** A measurement that came to nothing, and why. */
export interface Failure {
  readonly description: string;
  readonly reason: string;
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
  tell(description: string): void {
    process.stderr.write(`  ${this.seconds.toFixed(0).padStart(4)} s  ${description}\n`);
  }

  failed(description: string, error: unknown): void {
    const fix = error instanceof LauncherFailure ? ` (${error.fix})` : '';
    const reason = `${error instanceof Error ? error.message : String(error)}${fix}`;
    this.failures.push({ description, reason });
    this.tell(`${description} failed: ${reason}`);
  }

  async measure(description: string, run: () => Promise<Figure[]>): Promise<void> {
    this.tell(description);
    try {
      this.figures.push(...(await run()));
    } catch (error) {
      this.failed(description, error);
    }
  }
}
