import type { KubeObject, KubeStatus, StoredObject } from '@shiplog/contracts';
import { fromStored, ok, type Result, type VersionedResource } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import { scaleOf } from '../scale';
import type { AdmissionAttributes } from './attributes';
import type { Readmit } from './mutation';

/** What a new object is before it has a name that is made for it, and all that only the system says of it. */
function unstamped(object: KubeObject, isNamed: boolean): KubeObject {
  const { uid: _uid, creationTimestamp: _time, generation: _generation, name, ...metadata } = object.metadata;
  return { ...object, metadata: isNamed ? { name, ...metadata } : metadata };
}

/**
 * Has what mutates change a new object that the system has stamped. The same object where nothing changes it; otherwise another one, which
 * is to be stamped again.
 * @param isNamed whether the name is the client's own
 */
export function mutateCreated(
  { row, version }: VersionedResource,
  draft: KubeObject,
  isNamed: boolean,
  { dynamic }: AdmissionContext,
  readmit: Readmit,
): Result<KubeObject> {
  if (dynamic === undefined) return ok(draft);
  const object = unstamped(draft, isNamed);
  const { name = '', namespace = '' } = object.metadata;
  const attributes = { operation: 'CREATE', row, version, subresource: '', namespace, name, object } as const;
  const mutated = dynamic.mutate(attributes, (changed) => {
    const readmitted = readmit(changed);
    return readmitted.ok ? ok(unstamped(readmitted.value, isNamed)) : readmitted;
  });
  if (!mutated.ok) return mutated;
  return ok(mutated.value === undefined || mutated.value === object ? draft : mutated.value);
}

/** Has what mutates change what is to become of an object, or of a part of it; that is as it is stored, or a Scale. */
export function mutateUpdated(
  { row, version }: VersionedResource,
  subresource: string | undefined,
  { before, draft }: { readonly before: StoredObject; readonly draft: KubeObject },
  { dynamic }: AdmissionContext,
  readmit: Readmit,
): Result<KubeObject> {
  if (dynamic === undefined) return ok(draft);
  const { name, namespace = '' } = before.metadata;
  const oldObject = subresource === 'scale' ? scaleOf(version, fromStored(version, before)) : before;
  const mutated = dynamic.mutate(
    { operation: 'UPDATE', row, version, subresource: subresource ?? '', namespace, name, object: draft, oldObject },
    readmit,
  );
  return mutated.ok ? ok(mutated.value ?? draft) : mutated;
}

/** Asks what validates a new object, as it is to be stored, whether it may be. */
export function validateCreated(
  { row, version }: VersionedResource,
  object: KubeObject,
  { dynamic }: AdmissionContext,
): KubeStatus | undefined {
  const { name = '', namespace = '' } = object.metadata;
  return dynamic?.validate({ operation: 'CREATE', row, version, subresource: '', namespace, name, object });
}

/** Asks what validates a changed object, or a change of a part of it, whether it may be. */
export function validateUpdated(
  resource: VersionedResource,
  subresource: string | undefined,
  { before, after }: { readonly before: StoredObject; readonly after: KubeObject },
  { dynamic }: AdmissionContext,
): KubeStatus | undefined {
  return dynamic?.validate(updateOf(resource, subresource, before, after));
}

/** Of a scale it is the Scale that is seen, of all other subresources the whole object. */
function updateOf(
  resource: VersionedResource,
  subresource = '',
  before: StoredObject,
  after: KubeObject,
): AdmissionAttributes {
  const { row, version } = resource;
  const { name, namespace = '' } = before.metadata;
  const shown = (object: KubeObject): KubeObject =>
    subresource === 'scale' ? scaleOf(version, fromStored(version, object)) : object;
  return {
    operation: 'UPDATE',
    row,
    version,
    subresource,
    namespace,
    name,
    object: shown(after),
    oldObject: shown(before),
  };
}
