import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { OnApplicationShutdown } from '@nestjs/common';
import { statusOf } from '@shiplog/apimachinery';
import { throwStatus } from './errors';

/** What the reading process says of a document; `slow` and `broken` are said for it. */
type Said =
  | { readonly json: string; readonly duplicates: readonly string[] }
  | { readonly why: string }
  | { readonly tooLong: true }
  | 'slow'
  | 'broken';

/** A document that waits to be read, or is being read. */
interface Job {
  readonly text: string;
  readonly resolve: (said: Said) => void;
}

export interface YamlOptions {
  /** Documents that may wait while another one is read; more are told 429. */
  readonly waiting: number;
  /** How long the reading of one document may take, in milliseconds. */
  readonly timeoutMs: number;
  /** What a document may come to as JSON, in characters: aliases make much of little. */
  readonly longest: number;
}

const DEFAULTS: YamlOptions = { waiting: 32, timeoutMs: 30_000, longest: 3 * 3 * 1024 * 1024 };
/** What the reading process may take, in MB: a document of 3 MB comes to half of it. */
const HEAP_MB = 512;
/** How long the process waits for another document before it is ended, in milliseconds: most clients send JSON. */
const IDLE_MS = 60_000;

/**
 * Reads YAML beside everything else. The best reader of YAML needs about a microsecond a byte, so 3 MB would keep every
 * other client waiting for seconds; and V8 ends a process whose stack runs out in the wrong place, as it does for 20,000
 * brackets. So another process reads, begun with the first document, and other YAML is all that waits for it.
 */
export class YamlReader implements OnApplicationShutdown {
  readonly #options: YamlOptions;
  readonly #waiting: Job[] = [];
  #process: ChildProcess | undefined;
  #current: Job | undefined;
  /** Of the document that is read, or of the idle process. */
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Partial<YamlOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /**
   * The value of a document. Throws StatusError: 400 when it is no YAML, or takes too long; 413 when it comes to too much;
   * 429 when too many wait. `onOddity` hears of keys that are given twice.
   */
  async parse(text: string, onOddity?: (sentence: string) => void): Promise<unknown> {
    if (this.#waiting.length >= this.#options.waiting) {
      throwStatus(statusOf.tooManyRequests('too much YAML is being read already; send JSON, or try again later', 1));
    }
    const said = await new Promise<Said>((resolve) => {
      this.#waiting.push({ text, resolve });
      this.#next();
    });
    if (said === 'slow') return malformed(`it takes more than ${this.#options.timeoutMs / 1_000} s; send JSON instead`);
    if (said === 'broken') return malformed('it could not be read; send JSON instead');
    if ('why' in said) return malformed(said.why);
    if ('tooLong' in said) return throwStatus(statusOf.tooLarge(`as JSON, limit is ${this.#options.longest}`));
    if (onOddity !== undefined) for (const sentence of said.duplicates) onOddity(sentence);
    return JSON.parse(said.json) as unknown;
  }

  /** Ends the process. */
  onApplicationShutdown(): void {
    clearTimeout(this.#timer);
    this.#end();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    clearTimeout(this.#timer);
    const job = this.#waiting.shift();
    if (job === undefined) {
      this.#timer = setTimeout(() => this.#end(), IDLE_MS).unref();
      return;
    }
    this.#current = job;
    this.#timer = setTimeout(() => this.#settle('slow'), this.#options.timeoutMs);
    (this.#process ??= this.#begin()).send(job.text);
  }

  #begin(): ChildProcess {
    const child = fork(join(__dirname, 'yaml-process.mjs'), [String(this.#options.longest)], {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    const isOurs = (): boolean => this.#process === child;
    child.on('message', (said: Said) => isOurs() && this.#settle(said));
    child.on('exit', () => isOurs() && this.#settle('broken'));
    // It could not begin, or ended before it was told.
    child.on('error', () => isOurs() && this.#settle('broken'));
    child.unref();
    child.channel?.unref();
    return child;
  }

  #settle(said: Said): void {
    if (said === 'slow' || said === 'broken') this.#end();
    const job = this.#current;
    this.#current = undefined;
    job?.resolve(said);
    this.#next();
  }

  #end(): void {
    const child = this.#process;
    this.#process = undefined;
    child?.kill('SIGKILL');
  }
}

function malformed(why: string): never {
  return throwStatus(statusOf.badRequest(`error converting YAML to JSON: ${why}`));
}
