import { apiVersionOf, type KubeObject, type StoredObject } from '@shiplog/contracts';
import {
  conflictsBeyond,
  fromStored,
  isJsonObject,
  type Conflict,
  type VersionedResource,
} from '@shiplog/apimachinery';

/** What kubectl remembers of a client-side apply. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The manager that kubectl applies as, on the server's side too unless told otherwise. */
const KUBECTL = 'kubectl';
/** Of all annotations of an object (ValidateAnnotationsSize). */
const ANNOTATIONS_BYTES = 256 * 1024;

/**
 * The conflicts that are left when kubectl applies what it had applied on the client's side before: what it had set and is still so
 * is its own (internal/lastappliedmanager.go in managedfields). None when all are of that kind.
 */
export function allowedByLastApplied(
  resource: VersionedResource,
  before: StoredObject,
  manager: string,
  conflicts: readonly Conflict[],
): readonly Conflict[] {
  const text = before.metadata.annotations?.[LAST_APPLIED];
  if (manager !== KUBECTL || conflicts.length === 0 || text === undefined || text === '') return conflicts;
  const applied = readLastApplied(text);
  if (applied?.['apiVersion'] !== apiVersionOf(resource.version)) return conflicts;
  return conflictsBeyond(resource, applied, fromStored(resource.version, before), conflicts);
}

function readLastApplied(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what a client-side apply would compare with in step, where there is such a thing (internal/lastappliedupdater.go). */
export function withLastApplied(merged: KubeObject, applied: KubeObject, manager: string): KubeObject {
  const { annotations } = merged.metadata;
  if (manager !== KUBECTL || !isJsonObject(annotations) || (annotations[LAST_APPLIED] ?? '') === '') return merged;
  const { [LAST_APPLIED]: _own, ...others } = annotations;
  const text = `${JSON.stringify(sorted(withoutLastApplied(applied)))}\n`;
  const isTooLarge = Buffer.byteLength(JSON.stringify(others)) + Buffer.byteLength(text) > ANNOTATIONS_BYTES;
  const kept = isTooLarge ? others : { ...others, [LAST_APPLIED]: text };
  return { ...merged, metadata: { ...merged.metadata, annotations: kept } };
}

function withoutLastApplied(applied: KubeObject): KubeObject {
  const { annotations } = applied.metadata;
  if (!isJsonObject(annotations) || !Object.hasOwn(annotations, LAST_APPLIED)) return applied;
  const { [LAST_APPLIED]: _own, ...others } = annotations;
  return { ...applied, metadata: { ...applied.metadata, annotations: others } };
}

/** As Go writes maps: in the order of their keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
