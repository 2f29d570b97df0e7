import type { Answer, Call } from '../checker/operation';
import type { RegisterKind } from './register-kind';

/** What came of an operation. Without an answer, it may have been done. */
export type Outcome =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly position?: number }
  | { readonly kind: 'unanswered' }
  /** It never left here. */
  | { readonly kind: 'unsent' }
  /** An answer that has no place in the model, such as 400 or 403. */
  | { readonly kind: 'odd'; readonly problem: string };

/** All objects of the run, as one list shows them. */
export interface Listing {
  readonly position: number;
  readonly objects: ReadonlyMap<string, { readonly token: string; readonly version: number }>;
}

/** A way to the cluster's objects. Nothing throws: a failure is an outcome. */
export interface Door {
  readonly name: string;
  perform(key: string, call: Call): Promise<Outcome>;
  /** Undefined when there was no answer. */
  list?(): Promise<Listing | undefined>;
}

/** The object that a write brings. */
export function objectOf({ apiVersion, kind }: RegisterKind, key: string, token: string, version?: number) {
  const metadata = { name: key, ...(version === undefined ? {} : { resourceVersion: String(version) }) };
  return { apiVersion, kind, metadata, data: { token } };
}

interface Stored {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data?: { readonly token?: string };
}

/** What of an object counts here. */
export function valueOf(object: unknown): { token: string; version: number } {
  const { metadata, data } = object as Stored;
  return { token: data?.token ?? '', version: Number(metadata.resourceVersion) };
}

export function nameOf(object: unknown): string {
  return (object as Stored).metadata.name;
}

/** A refusal that the model knows, by the code and the reason of Kubernetes' Status; 429 and 5xx promise nothing. */
export function refusal(code: number, reason: string | undefined, message: string | undefined): Outcome {
  if (code >= 500 || code === 429 || code === 408) return { kind: 'unanswered' };
  if (code === 404 && reason === 'NotFound') return { kind: 'answered', answer: { kind: 'absent' } };
  if (code === 409 && reason === 'AlreadyExists') return { kind: 'answered', answer: { kind: 'exists' } };
  if (code === 409 && reason === 'Conflict') return { kind: 'answered', answer: { kind: 'conflict' } };
  return { kind: 'odd', problem: `answered ${code} ${reason}: ${message}` };
}
