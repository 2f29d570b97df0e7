import crypto from 'node:crypto';
import timersPromises from 'node:timers/promises';
import * as nestNames from '@nestjs/common/utils/random-string-generator.util';
import { nuid } from 'nats';
import { Violation } from '../invariants/violation';
import type { SimProcess } from './process';
import type { Task } from './virtual-time';
import type { World } from './world';

type Callback = (...args: unknown[]) => void;

/** A timer of virtual time, as far as Node's is used. */
class SimTimer {
  #task: Task | undefined;

  constructor(
    private readonly world: World,
    private readonly owner: SimProcess,
    private readonly milliseconds: number,
    private readonly callback: () => void,
    private readonly repeats: boolean,
  ) {
    this.#start();
  }

  #start(): void {
    const least = this.repeats ? Math.max(1, this.milliseconds) : this.milliseconds;
    this.#task = this.world.later(this.owner, least, 'timer', () => {
      if (this.repeats) this.#start();
      this.callback();
    });
  }

  cancel(): void {
    if (this.#task === undefined) return;
    this.#task.cancelled = true;
    this.owner.timers.delete(this.#task);
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    this.cancel();
    this.#start();
    return this;
  }
}

/** Puts virtual time and chosen chance in the place of the machine's, for all code of this Node process; returns what undoes it. */
export function installGlobals(world: World, onExit: (process: SimProcess) => void): () => void {
  const undo: (() => void)[] = [];
  const put = (target: object, name: string, value: unknown): void => {
    const before = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true });
    undo.push(() => {
      if (before === undefined) delete (target as Record<string, unknown>)[name];
      else Object.defineProperty(target, name, before);
    });
  };
  const start = (callback: Callback, milliseconds: unknown, args: unknown[], repeats: boolean): SimTimer => {
    const owner = world.current ?? world.process('nobody');
    return new SimTimer(world, owner, Number(milliseconds ?? 0), () => callback(...args), repeats);
  };
  const stop = (timer: unknown): void => {
    if (timer instanceof SimTimer) timer.cancel();
  };
  put(globalThis, 'setTimeout', (run: Callback, ms?: number, ...args: unknown[]) => start(run, ms, args, false));
  put(globalThis, 'setInterval', (run: Callback, ms?: number, ...args: unknown[]) => start(run, ms, args, true));
  put(globalThis, 'setImmediate', (run: Callback, ...args: unknown[]) => start(run, 0, args, false));
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) put(globalThis, name, stop);
  put(timersPromises, 'setTimeout', (ms?: number, value?: unknown, options?: { signal?: AbortSignal }) =>
    waiting(ms ?? 0, value, options?.signal),
  );
  put(timersPromises, 'setImmediate', (value?: unknown, options?: { signal?: AbortSignal }) =>
    waiting(0, value, options?.signal),
  );
  put(globalThis, 'Date', simulatedDate(world));
  put(performance, 'now', () => world.time.now);
  const { codeRandom: random } = world;
  let drawn = 0;
  put(Math, 'random', () => (drawn++, random.share()));
  // What Nest has drawn for names of its own outlives a run: each begins with a new supply.
  while (drawn === 0) nestNames.randomStringGenerator();
  // Nor does it draw more: a class that is known from another run gets no other name, and would leave chance to the others.
  let named = 0;
  put(nestNames, 'randomStringGenerator', () => `nest-${++named}`);
  put(crypto, 'randomUUID', () => uuidOf(random.bytes(16)));
  put(crypto, 'randomBytes', (size: number) => Buffer.from(random.bytes(size)));
  put(crypto, 'randomInt', (a: number, b?: number) =>
    b === undefined ? random.whole(0, a - 1) : random.whole(a, b - 1),
  );
  put(nuid, 'next', () => Buffer.from(random.bytes(11)).toString('hex'));
  // A service that could not start ends its process so.
  put(process, 'kill', (pid: number) => {
    const { current } = world;
    if (pid === process.pid && current !== undefined) onExit(current);
    else world.violated(new Violation('no process ends another', `${current?.name ?? 'nobody'} would kill ${pid}`));
    return true;
  });
  return () => {
    for (const item of undo.reverse()) item();
  };
}

function waiting(milliseconds: number, value: unknown, signal: AbortSignal | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      clearTimeout(timer);
      reject(Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve(value);
    }, milliseconds);
    if (signal?.aborted === true) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}

function simulatedDate(world: World): DateConstructor {
  return class extends Date {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(world.clock);
      else super(...(given as [number]));
    }

    static override now(): number {
      return world.clock;
    }
  } as DateConstructor;
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
