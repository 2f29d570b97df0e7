import { decodeState, type Bus, type StateEncoding } from '@shiplog/bus';
import { StateQuery } from '@shiplog/contracts';

/** What one load of the whole state came to. */
export interface Load {
  readonly encoding: StateEncoding | undefined;
  readonly objects: number;
  /** On the wire. */
  readonly bytes: number;
  readonly ms: number;
  /** Of the reader's processor. */
  readonly cpuMs: number;
}

/** Loads the state as a projection does, and keeps nothing of it. */
export async function measureLoad(bus: Bus, encoding: StateEncoding | undefined): Promise<Load> {
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of bus.stream(StateQuery, { encoding }, {})) {
      bytes += piece.length;
      yield piece;
    }
  };
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  let objects = 0;
  for await (const chunk of decodeState(counted())) objects += chunk.objects.length;
  const { user, system } = process.cpuUsage(cpu);
  return { encoding, objects, bytes, ms: performance.now() - started, cpuMs: (user + system) / 1_000 };
}
