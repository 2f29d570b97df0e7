import { dnsSubdomain, type Problems, qualifiedName } from '@shiplog/apimachinery';
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
  validate(draft, problems) {
    validateSubject(draft, problems);
    if (draft.eventTime !== undefined) validateReport(draft, problems);
  },
});
