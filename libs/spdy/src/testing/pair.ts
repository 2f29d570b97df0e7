import { Duplex } from 'node:stream';

/** Two ends of a connection in memory: what is written to one is read from the other, which holds its writer back. */
export function pair(): [Duplex, Duplex] {
  const first = new End();
  const second = new End();
  first.other = second;
  second.other = first;
  return [first, second];
}

class End extends Duplex {
  other!: End;
  #waiting: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
    this.on('error', () => undefined);
  }

  override _read(): void {
    const done = this.#waiting;
    this.#waiting = undefined;
    done?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.other.destroyed || this.other.push(chunk)) return done();
    this.other.#waiting = done;
  }

  override _final(done: () => void): void {
    this.other.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error);
    setImmediate(() => this.other.destroy());
  }
}
