import { takeAllDown } from './home';

/** Of a program that was interrupted, as shells have it: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/**
 * Runs a program that has clusters of its own, and ends the process: with 0 when its work was all as it should be, with
 * 1 when it was not or failed. Interrupted, it ends when everything is taken down.
 */
export function runProgram(main: () => Promise<boolean>): void {
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Ctrl-C comes twice under npm, which passes its own on.
      if (interrupted) return;
      interrupted = true;
      process.stderr.write('\n  Stopping.\n');
      void takeAllDown().finally(() => process.exit(INTERRUPTED));
    });
  }
  const endWith = (code: number): void => {
    if (!interrupted) process.exit(code);
  };
  main().then(
    (isGood) => endWith(isGood ? 0 : 1),
    (error: unknown) => {
      process.stderr.write(`\n  ✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n`);
      endWith(1);
    },
  );
}
