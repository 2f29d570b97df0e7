import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import type { ApiConfig } from '../settings';
import type { Verb } from '../rest/request-info';

/** Requests that are being answered, by what they may take long or much for. */
export type RequestClass = 'reading' | 'changing' | 'streaming';

/**
 * Counts the requests in flight: so many that read, so many that change something. Watches, logs and sessions last as long as
 * they like and do not count. It is what holds those back whom flow control exempts: Kubernetes lets them pass uncounted, but a
 * server that answers nobody any more is of no use to them either.
 */
@Injectable()
export class InFlight {
  /** Of those whom nothing else holds back; beside, all others. */
  readonly #places = { reading: 0, changing: 0 };
  readonly #others = { reading: 0, changing: 0 };

  readonly #most: Readonly<Record<'reading' | 'changing', number>>;

  constructor(@Inject(CONFIG) { maxReads, maxWrites }: Pick<ApiConfig, 'maxReads' | 'maxWrites'>) {
    this.#most = { reading: maxReads, changing: maxWrites };
  }

  /** How many requests of a class are being answered. */
  now(requestClass: 'reading' | 'changing'): number {
    return this.#places[requestClass] + this.#others[requestClass];
  }

  /** Takes a place; the function gives it back (once). Undefined when all are taken. */
  enter(requestClass: RequestClass): (() => void) | undefined {
    if (requestClass === 'streaming') return nothing;
    return this.#places[requestClass] >= this.#most[requestClass] ? undefined : countIn(this.#places, requestClass);
  }

  /** Counts a request that has its seats by other rules, and takes nobody's place; the function ends that (once). */
  count(requestClass: RequestClass): () => void {
    return requestClass === 'streaming' ? nothing : countIn(this.#others, requestClass);
  }
}

function countIn(counts: Record<'reading' | 'changing', number>, requestClass: 'reading' | 'changing'): () => void {
  counts[requestClass] += 1;
  let inside = true;
  return () => {
    if (inside) counts[requestClass] -= 1;
    inside = false;
  };
}

const nothing = (): void => undefined;

/** Whether a subresource is answered for as long as its client likes. */
export function lastsLong(subresource: string | undefined): boolean {
  return subresource !== undefined && LONG.has(subresource);
}

const LONG: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

/** Which class a verb of a resource (with its subresource) belongs to. */
export function classOf(verb: Verb, subresource: string | undefined): RequestClass {
  if (lastsLong(subresource)) return 'streaming';
  switch (verb) {
    case 'watch':
      return 'streaming';
    case 'get':
    case 'list':
      return 'reading';
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
    case 'deletecollection':
      return 'changing';
  }
}
