import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { OnApplicationShutdown } from '@nestjs/common';
import { statusOf } from '@shiplog/apimachinery';
import type { YamlParser } from '../../rest/body';
import { throwStatus } from '../../rest/errors';

/** What came of a document: what the reading process answers, or that it was too slow or broke. */
type Outcome =
  | { readonly json: string; readonly duplicates: readonly string[] }
  | { readonly problem: string }
  | { readonly tooLong: true }
  | 'slow'
  | 'broken';

/** A document that waits to be read, or is being read. */
interface Job {
  readonly text: string;
  readonly resolve: (outcome: Outcome) => void;
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
export class YamlReader implements YamlParser, OnApplicationShutdown {
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
   * 429 when too many wait. `onDuplicate` hears of keys that are given twice.
   */
  async parse(text: string, onDuplicate?: (sentence: string) => void): Promise<unknown> {
    if (this.#waiting.length >= this.#options.waiting) {
      throwStatus(statusOf.tooManyRequests('too many YAML documents are being read; send JSON, or try again later', 1));
    }
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#waiting.push({ text, resolve });
      this.#next();
    });
    if (outcome === 'slow')
      return malformed(`it takes more than ${this.#options.timeoutMs / 1_000} s; send JSON instead`);
    if (outcome === 'broken') return malformed('it could not be read; send JSON instead');
    if ('problem' in outcome) return malformed(outcome.problem);
    if ('tooLong' in outcome) return throwStatus(statusOf.tooLarge(`as JSON, limit is ${this.#options.longest}`));
    if (onDuplicate !== undefined) for (const sentence of outcome.duplicates) onDuplicate(sentence);
    return JSON.parse(outcome.json) as unknown;
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
    child.on('message', (outcome: Outcome) => isOurs() && this.#settle(outcome));
    child.on('exit', () => isOurs() && this.#settle('broken'));
    // It could not begin, or ended before it was told.
    child.on('error', () => isOurs() && this.#settle('broken'));
    child.unref();
    child.channel?.unref();
    return child;
  }

  #settle(outcome: Outcome): void {
    if (outcome === 'slow' || outcome === 'broken') this.#end();
    const job = this.#current;
    this.#current = undefined;
    job?.resolve(outcome);
    this.#next();
  }

  #end(): void {
    const child = this.#process;
    this.#process = undefined;
    child?.kill('SIGKILL');
  }
}

function malformed(problem: string): never {
  return throwStatus(statusOf.badRequest(`error converting YAML to JSON: ${problem}`));
}
