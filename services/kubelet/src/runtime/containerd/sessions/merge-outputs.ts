import { once } from 'node:events';
import type { Readable } from 'node:stream';

export interface OutputPart {
  readonly name: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/** What comes of both outputs, as it comes, until both have ended; a reader who is slow holds both back. */
export async function* mergeOutputs(
  outputs: Readonly<Partial<Record<OutputPart['name'], Readable>>>,
): AsyncGenerator<OutputPart> {
  const names = (['stdout', 'stderr'] as const).filter((name) => outputs[name] !== undefined);
  const next = new Map(names.map((name) => [name, readFrom(name, outputs[name] as Readable)]));
  while (next.size > 0) {
    const { name, data } = await Promise.race(next.values());
    if (data === null) next.delete(name);
    else {
      next.set(name, readFrom(name, outputs[name] as Readable));
      yield { name, data };
    }
  }
}

/** The next bytes of a stream; null after its end. An output that breaks off has ended: there is nothing more to read. */
async function readFrom(
  name: OutputPart['name'],
  stream: Readable,
): Promise<{ name: OutputPart['name']; data: Buffer | null }> {
  for (;;) {
    const data = stream.read() as Buffer | null;
    if (data !== null) return { name, data };
    if (stream.readableEnded || stream.destroyed) return { name, data: null };
    await somethingOf(stream);
  }
}

/** Resolves when there is more to read, or never will be. */
async function somethingOf(stream: Readable): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const events = ['readable', 'end', 'close', 'error'].map((event) => once(stream, event, { signal }));
  // Those that lose are given up, and say so.
  for (const event of events) event.catch(() => undefined);
  await Promise.race(events).catch(() => undefined);
  over.abort();
}
