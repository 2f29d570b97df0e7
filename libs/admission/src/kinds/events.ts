import type { ObjectOf } from '@shiplog/contracts';
import { dnsSubdomain, type Problems, qualifiedName, sameJson } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import { type Draft, defineKind } from './kind';

const MAX_CHARACTERS = 128;
const MAX_NOTE_CHARACTERS = 1024;

/** An event is where its subject is; those about objects of the whole cluster are in `default`. */
function validateSubject({ metadata, involvedObject, eventTime }: Draft<'events'>, problems: Problems): void {
  const { namespace: about = '' } = involvedObject;
  const { namespace = '' } = metadata;
  const ofCluster = about === '' && (namespace === 'default' || namespace === 'kube-system');
  // With a time of its own it is of the newer kind, which may also be elsewhere.
  if (about === namespace || ofCluster || (eventTime !== undefined && about !== '')) return;
  problems.invalid('involvedObject.namespace', about, 'does not match event.namespace');
}

/** Fields that an event of the newer kind has, as Kubernetes calls them, and how long they may be. */
function validateReport(event: Draft<'events'>, problems: Problems): void {
  const { reportingComponent = '', reportingInstance, action, reason, message = '' } = event;
  if (reportingComponent === '') problems.required('reportingController');
  problems.breaches('reportingController', reportingComponent, qualifiedName);
  for (const [field, text = ''] of Object.entries({ reportingInstance, action, reason })) {
    if (text === '') problems.required(field);
    if (text.length > MAX_CHARACTERS) problems.invalid(field, '', `can have at most ${MAX_CHARACTERS} characters`);
  }
  if (message.length > MAX_NOTE_CHARACTERS) {
    problems.invalid('message', '', `can have at most ${MAX_NOTE_CHARACTERS} characters`);
  }
}

const TYPES = ['Normal', 'Warning'];
const UNSET = 'needs to be unset';
/** What `events.k8s.io` lets nobody change: an event is what happened; only how often goes on. */
const FIXED = [
  ...(['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'type'] as const),
  ...(['eventTime', 'action', 'related', 'reportingComponent', 'reportingInstance'] as const),
];

/** Whether it is written by `events.k8s.io`, which is stricter than the core group (ValidateEventCreate, ValidateEventUpdate). */
function isStrict({ apiVersion }: AdmissionContext): boolean {
  return apiVersion === 'events.k8s.io/v1';
}

function validateSeries({ series }: Draft<'events'>, problems: Problems): void {
  if (series === undefined) return;
  if ((series.count ?? 0) < 2) problems.invalid('series.count', '', 'should be at least 2');
  if (series.lastObservedTime === undefined) problems.required('series.lastObservedTime');
}

function validateStrictly(event: Draft<'events'>, problems: Problems): void {
  validateSeries(event, problems);
  const { type = '', source, count = 0 } = event;
  if (event.eventTime === undefined) problems.required('eventTime');
  if (!TYPES.includes(type)) problems.invalid('type', '', `has invalid value: ${type}`);
  for (const field of ['firstTimestamp', 'lastTimestamp'] as const) {
    if (event[field] !== undefined) problems.invalid(field, '', UNSET);
  }
  if (count !== 0) problems.invalid('count', '', UNSET);
  if (source?.component !== undefined || source?.host !== undefined) problems.invalid('source', '', UNSET);
}

function validateStrictUpdate(event: Draft<'events'>, before: ObjectOf<'events'>, problems: Problems): void {
  if (!sameJson(event.series, before.series)) validateSeries(event, problems);
  for (const field of FIXED) {
    if (!sameJson(event[field], before[field])) problems.invalid(field, event[field], 'field is immutable');
  }
}

export const events = defineKind<'events'>({
  resource: 'events',
  name: dnsSubdomain,
  generation: 'none',
  fields: {
    'involvedObject.kind': (event) => event.involvedObject.kind,
    'involvedObject.namespace': (event) => event.involvedObject.namespace,
    'involvedObject.name': (event) => event.involvedObject.name,
    'involvedObject.uid': (event) => event.involvedObject.uid,
    'involvedObject.apiVersion': (event) => event.involvedObject.apiVersion,
    'involvedObject.resourceVersion': (event) => event.involvedObject.resourceVersion,
    'involvedObject.fieldPath': (event) => event.involvedObject.fieldPath,
    reason: (event) => event.reason,
    reportingComponent: (event) => event.reportingComponent,
    source: (event) => event.source?.component ?? event.reportingComponent,
    type: (event) => event.type,
  },
  defaults(draft) {
    draft.involvedObject ??= {};
    draft.source ??= {};
  },
  validate(draft, problems, ctx, before) {
    validateSubject(draft, problems);
    if (draft.eventTime !== undefined) validateReport(draft, problems);
    if (!isStrict(ctx)) return;
    if (before === undefined) validateStrictly(draft, problems);
    else validateStrictUpdate(draft, before, problems);
  },
});
