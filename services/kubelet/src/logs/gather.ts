import { setImmediate as turn } from 'node:timers/promises';

/** Of one piece that is handed on: far from what a message may carry, and much for one. */
const ENOUGH_BYTES = 64 * 1024;

/**
 * Hands on in one piece what comes within one turn of the event loop: an engine tells a log line by line, and a message for
 * each would cost more than all that is in it. Nothing waits for more to come.
 */
export async function* gather(source: AsyncIterable<Uint8Array>, enough = ENOUGH_BYTES): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  let next = begin(pieces);
  try {
    for (let first = await next; first.done !== true; first = await next) {
      const parts = [first.value];
      let size = first.value.length;
      next = begin(pieces);
      while (size < enough) {
        const more = await Promise.race([next.catch(() => undefined), turn(undefined)]);
        if (more === undefined || more.done === true) break;
        parts.push(more.value);
        size += more.value.length;
        next = begin(pieces);
      }
      yield parts.length === 1 ? first.value : Buffer.concat(parts, size);
    }
  } finally {
    await pieces.return?.();
  }
}

/** Its failure is thrown where it is awaited; until then, or when nobody does any more, it is nobody's. */
function begin(pieces: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array, unknown>> {
  const next = pieces.next();
  next.catch(() => undefined);
  return next;
}
