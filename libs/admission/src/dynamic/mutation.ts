import type { KubeObject, ResourceVersion } from '@shiplog/contracts';
import { decodeObject, expectedAt, isJsonObject, ok, sameJson, toStored, type Result } from '@shiplog/apimachinery';
import type { AdmissionAttributes } from './attributes';

/** What an object becomes again by the cluster's own rules (defaults, plug-ins) once somebody has changed it. Changes it in place. */
export type Readmit = (object: KubeObject) => Result<KubeObject>;

/** A request whose object is another one: what somebody made of it as a version shows it, read as if a client had sent it. */
export function withObject(
  attributes: AdmissionAttributes,
  version: ResourceVersion,
  changed: unknown,
): Result<AdmissionAttributes> {
  const { row, subresource, ownKind } = attributes;
  if (ownKind !== undefined && isJsonObject(changed)) return ok({ ...attributes, object: changed as KubeObject });
  const expected = expectedAt({ row, version }, subresource === '' ? undefined : subresource);
  const decoded = decodeObject(expected, changed);
  if (!decoded.ok) return decoded;
  const object = subresource === 'scale' ? decoded.value : toStored(row, version, decoded.value);
  return ok({ ...attributes, object });
}

/**
 * Who of those that mutate is asked a second time: those that want to be, if the object changed after them (reinvocationPolicy
 * IfNeeded; the reinvocation contexts of Kubernetes' apiserver). Each kind of hook has one of its own.
 */
export class Reinvocation {
  #invoked = new Set<string>();
  readonly #again = new Set<string>();
  #last: KubeObject | undefined;

  /** Who was asked and wants to be asked again. */
  invoked(key: string): void {
    this.#invoked.add(key);
  }

  /** The object is another one: who was asked before is to be asked again. */
  changed(): void {
    for (const key of this.#invoked) this.#again.add(key);
    this.#invoked = new Set();
  }

  /** What the object is when all have been asked. */
  finished(object: KubeObject | undefined): void {
    this.#last = object;
  }

  /** Before the second time: whether others have changed the object since. */
  begunAgain(object: KubeObject | undefined): void {
    if (!sameJson(this.#last, object)) this.changed();
  }

  isWanted(key: string): boolean {
    return this.#again.has(key);
  }
}
