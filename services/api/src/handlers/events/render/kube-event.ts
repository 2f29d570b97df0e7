import { createHash } from 'node:crypto';
import type { ObjectOf, StoredObject } from '@shiplog/contracts';
import type { EventLine } from './event-lines';

/** An Event as other objects are held. */
export type KubeEvent = ObjectOf<'events'> & StoredObject;

/** The Event that says a line for the first time. Its name comes from what it says, so every api names it alike. */
export function eventOf(line: EventLine, time: string, position: number): KubeEvent {
  const { about, component, host, message, reason, type } = line;
  const moment = `${time.slice(0, 19)}Z`;
  const said = [about.uid, about.fieldPath, type, reason, message, component, host].join('\n');
  const digest = createHash('sha256').update(said).digest('hex');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${about.name ?? ''}.${digest.slice(0, 16)}`,
      // Events of cluster-scoped objects live in the default namespace.
      namespace: about.namespace ?? 'default',
      uid: `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`,
      resourceVersion: String(position),
      creationTimestamp: moment,
    },
    involvedObject: about,
    reason,
    message,
    source: { component, ...(host === undefined || host === '' ? {} : { host }) },
    firstTimestamp: moment,
    lastTimestamp: moment,
    count: 1,
    type,
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}

/** An Event that is said again. */
export function repeated(before: KubeEvent, fresh: KubeEvent): KubeEvent {
  return {
    ...before,
    metadata: { ...before.metadata, resourceVersion: fresh.metadata.resourceVersion },
    lastTimestamp: fresh.lastTimestamp,
    count: (before.count ?? 1) + 1,
  };
}
