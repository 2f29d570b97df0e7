import type { Rebuilding } from './rebuild';

const EVERY_MS = 200;

/** One line that counts up on a terminal; nothing elsewhere, where only the result counts. */
export function showProgress(out: NodeJS.WriteStream, total: number): (rebuilding: Rebuilding) => void {
  let shownAt = 0;
  if (!out.isTTY) return () => undefined;
  return ({ from, position, milliseconds }) => {
    if (milliseconds - shownAt < EVERY_MS && position < total) return;
    shownAt = milliseconds;
    const share = total === 0 ? 100 : Math.floor((position / total) * 100);
    out.write(
      `\rrebuilding: ${share} % (${position} of ${total} events, ${rate(position - from, milliseconds)} events/s) `,
    );
    if (position >= total) out.write('\n');
  };
}

/** Events per second, rounded. */
export function rate(events: number, milliseconds: number): number {
  return Math.round((events / Math.max(milliseconds, 0.001)) * 1000);
}
