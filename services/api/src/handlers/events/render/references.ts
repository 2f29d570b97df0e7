import type { LogEvent, ObjectReference, OwnerReference } from '@shiplog/contracts';

/** The object that an event of the log is of, in the version that it made. */
export function referenceTo(event: LogEvent, kind: string, apiVersion = 'v1'): ObjectReference {
  const { name, namespace, uid, position } = event;
  return {
    apiVersion,
    kind,
    name,
    uid,
    resourceVersion: String(position),
    ...(namespace === '' ? {} : { namespace }),
  };
}

/** An owner of the object that an event of the log is of. */
export function referenceToOwner(event: LogEvent, { apiVersion, kind, name, uid }: OwnerReference): ObjectReference {
  return { apiVersion, kind, name, uid, namespace: event.namespace };
}
