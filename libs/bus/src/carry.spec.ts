import { Duplex } from 'node:stream';
import { writeThrough } from './carry';

/** A connection that takes one write at a time, when it is let. */
class SlowConnection extends Duplex {
  #taken: (() => void) | undefined;

  override _read(): void {
    // Says nothing.
  }

  override _write(_: Buffer, __: BufferEncoding, done: () => void): void {
    this.#taken = done;
  }

  accept(): void {
    this.#taken?.();
  }
}

const CHUNK = Buffer.alloc(32 * 1024);
const MOST_WAITING = 256 * 1024;

describe('what is written to a connection', () => {
  let connection: SlowConnection;
  beforeEach(() => {
    connection = new SlowConnection();
  });

  const hasResolved = async (work: Promise<void>): Promise<boolean> => {
    let resolved = false;
    void work.then(() => (resolved = true));
    await new Promise((resolve) => setImmediate(resolve));
    return resolved;
  };
  const fill = async (): Promise<void> => {
    while (connection.writableLength + CHUNK.length <= MOST_WAITING) await writeThrough(connection, CHUNK);
    return writeThrough(connection, CHUNK);
  };

  it('waits once more is under way than may be, until all was taken', async () => {
    const writing = fill();
    expect(await hasResolved(writing)).toBe(false);
    expect(connection.writableLength).toBe(MOST_WAITING + CHUNK.length);
    while (connection.writableLength > 0) {
      connection.accept();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await hasResolved(writing)).toBe(true);
  });

  it('waits no more for a connection that is gone', async () => {
    const writing = fill();
    expect(await hasResolved(writing)).toBe(false);
    connection.destroy();
    expect(await hasResolved(writing)).toBe(true);
  });

  it('is dropped when the connection is gone, or was ended', async () => {
    connection.end();
    await writeThrough(connection, CHUNK);
    connection.destroy();
    await writeThrough(connection, CHUNK);
    expect(connection.writableLength).toBe(0);
  });

  it('leaves nobody who listens', async () => {
    const writing = fill();
    await hasResolved(writing);
    const before = connection.listenerCount('close');
    connection.destroy();
    await hasResolved(writing);
    expect(connection.listenerCount('drain')).toBe(0);
    expect(connection.listenerCount('close')).toBe(before - 1);
  });
});
