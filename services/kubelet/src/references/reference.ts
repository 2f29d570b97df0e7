import type { StoredObject } from '@shiplog/contracts';
import type { Pod } from '../domain/pod';
import type { ReferenceKey } from './reference-query';

/** An object that pods of this node are made with: who names it, and what the journal answered last. */
export class Reference {
  /** By uid, latest last. */
  readonly pods = new Map<string, Pod>();
  /** Whether it is to be asked for (again): also while an answer is under way, which may be of before. */
  wanted = false;
  /** The asking that goes on, until the last question is answered or nobody names the object any more; never rejects. */
  asking: Promise<void> | undefined;
  #object: StoredObject | null | undefined;
  #answer: () => void = () => undefined;
  /** Resolves at the first answer. */
  readonly answered = new Promise<void>((resolve) => (this.#answer = resolve));

  #forget: () => void = () => undefined;
  /** Resolves when no pod names the object any more. */
  readonly forgotten = new Promise<void>((resolve) => (this.#forget = resolve));

  constructor(readonly key: ReferenceKey) {}

  /** The object; null when there is none; undefined until the first answer. */
  get object(): StoredObject | null | undefined {
    return this.#object;
  }

  /** No pod names the object any more. */
  forget(): void {
    this.#forget();
  }

  /** Takes an answer; returns whether it is another one than before. The first one is no change. */
  take(object: StoredObject | null): boolean {
    const before = this.#object;
    this.#object = object;
    this.#answer();
    return before !== undefined && versionOf(before) !== versionOf(object);
  }
}

function versionOf(object: StoredObject | null): string {
  return object === null ? '' : `${object.metadata.uid} ${object.metadata.resourceVersion}`;
}
