import type { FuzzRequest } from '../requests/fuzz-request';

/** Something that must not be, and how to bring it about again. */
export interface Finding {
  /** A few words by which findings of the same kind are counted together. */
  readonly kind: string;
  readonly detail: string;
  /** The request's number in the run, and the request itself. */
  readonly reproduction: string;
}

/** What is kept of findings of one kind. */
const KEPT = 5;
const LONGEST = 3_000;

/** Findings by kind: the first few of each, and how many there were. */
export class Findings {
  readonly #byKind = new Map<string, { count: number; first: Finding[] }>();

  add(finding: Finding): void {
    const entry = this.#byKind.get(finding.kind) ?? { count: 0, first: [] };
    this.#byKind.set(finding.kind, entry);
    entry.count += 1;
    if (entry.first.length < KEPT) entry.first.push(finding);
  }

  get kinds(): { kind: string; count: number; first: readonly Finding[] }[] {
    return [...this.#byKind].map(([kind, entry]) => ({ kind, ...entry }));
  }
}

/** A request as one can read it and send it again. */
export function describeRequest(index: number, { method, target, headers, body }: FuzzRequest): string {
  const head = [`#${index} ${method} ${target}`, ...headers.map(([name, value]) => `${name}: ${value}`)].join('\n');
  const text = body?.toString('utf8') ?? '';
  // Bytes that are no UTF-8 don't survive being text.
  const shown = body === undefined || Buffer.from(text).equals(body) ? text : `base64:${body.toString('base64')}`;
  const cut = (long: string): string => (long.length > LONGEST ? `${long.slice(0, LONGEST)}… (${long.length})` : long);
  return `${cut(head)}\n\n${cut(shown)}`;
}
