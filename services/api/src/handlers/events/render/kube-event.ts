import { createHash } from 'node:crypto';
import type { ObjectOf, StoredObject } from '@shiplog/contracts';
import type { EventLine } from './event-lines';

/** An Event as other objects are held. */
export type KubeEvent = ObjectOf<'events'> & StoredObject;

/** What a line says, in a few letters: the same of the same line. */
export function digestOf({ about, component, host, message, reason, type }: EventLine): string {
  return hashOf([about.uid, about.fieldPath, type, reason, message, component, host].join('\n'));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The Event that says a line for the first time. Its name comes from what it says, so every api names it alike; `since` tells it from
 * Events that said the same before it.
 */
export function eventOf(line: EventLine, time: string, position: number, since = ''): KubeEvent {
  const { about, component, host, message, reason, type } = line;
  const moment = `${time.slice(0, 19)}Z`;
  // As it would be when a client had written it: without empty texts.
  const isHosted = host !== undefined && host !== '';
  const digest = hashOf(`${digestOf(line)}\n${since}`);
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
    source: { component, ...(isHosted ? { host } : {}) },
    firstTimestamp: moment,
    lastTimestamp: moment,
    count: 1,
    type,
    reportingComponent: component,
    ...(isHosted ? { reportingInstance: host } : {}),
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
