import { readFileSync, statSync } from 'node:fs';
import { upstreamsOf, type Upstream } from '../domain/upstreams';

/** How often the file is looked at, at most, in milliseconds. */
const LOOK_MS = 5_000;

/** The servers of a resolv.conf, as it is now: a machine that comes to another network has others. */
export class UpstreamFile {
  #servers: readonly Upstream[] = [];
  #lookedAt = -Infinity;
  #mark: string | undefined;

  constructor(
    private readonly path: string,
    /** Addresses of this server itself. */
    private readonly own: readonly string[],
    private readonly now: () => number,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Those of before, while the file can't be read. */
  get servers(): readonly Upstream[] {
    if (this.now() - this.#lookedAt < LOOK_MS) return this.#servers;
    this.#lookedAt = this.now();
    try {
      const { mtimeMs, ino, size } = statSync(this.path);
      const mark = [mtimeMs, ino, size].join();
      if (mark !== this.#mark) this.#servers = upstreamsOf(readFileSync(this.path, 'utf8'), this.own);
      this.#mark = mark;
    } catch (error) {
      this.onError(error);
    }
    return this.#servers;
  }
}
