import { AdmissionHooks, AdmissionRun, type KubeOptions } from '@shiplog/admission';
import type { AnyCommand, EventData } from '@shiplog/contracts';
import type { Decided, DecisionContext, NewEvent } from './decision';

/** What policies and webhooks have to say of a command; undefined where there are none. */
export function admissionRunOf(
  { state, user }: Pick<DecisionContext, 'state' | 'user'>,
  command: AnyCommand,
): AdmissionRun | undefined {
  if (state.admissionHooks() === AdmissionHooks.none) return undefined;
  const facts = { user, dryRun: isDryRun(command), options: optionsOf(command) };
  return new AdmissionRun(state, facts, (request) => state.rights().access(request));
}

function isDryRun({ data }: AnyCommand): boolean {
  return 'dryRun' in data && data.dryRun === true;
}

/** The options of the request that a command stands for, as the API has them. */
function optionsOf(command: AnyCommand): KubeOptions {
  const shared = isDryRun(command) ? { dryRun: ['All'] } : {};
  const of = (kind: string, more: object = {}): KubeOptions => ({
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...more,
    ...shared,
  });
  switch (command.type) {
    case 'CreateObject':
      return of('CreateOptions', managerOf(command.data.fieldManager));
    case 'ReplaceObject':
      return of('UpdateOptions', managerOf(command.data.fieldManager));
    case 'PatchObject':
      return of('PatchOptions', managerOf(command.data.fieldManager));
    case 'DeleteObject':
    case 'DeleteCollection': {
      const { gracePeriodSeconds, propagationPolicy, preconditions } = command.data;
      return of('DeleteOptions', withoutAbsent({ gracePeriodSeconds, propagationPolicy, preconditions }));
    }
    case 'EvictPod':
    case 'BindPods':
      return of('CreateOptions');
    case 'MarkPodsUnschedulable':
    case 'ReportPods':
      return of('UpdateOptions');
  }
}

function managerOf(fieldManager: string | undefined): object {
  return fieldManager === undefined ? {} : { fieldManager };
}

function withoutAbsent(fields: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** What a command came to, with what policies and webhooks noted of it in its first event. */
export function withAdmission({ admission }: Pick<DecisionContext, 'admission'>, decided: Decided): Decided {
  const annotations = admission?.annotations;
  if (!decided.ok || annotations === undefined || annotations.size === 0) return decided;
  const [first, ...others] = decided.events;
  if (first === undefined) return decided;
  return { ...decided, events: [withNotes(first, { annotations: Object.fromEntries(annotations) }), ...others] };
}

function withNotes(event: NewEvent, admission: NonNullable<EventData['admission']>): NewEvent {
  return { ...event, data: { ...event.data, admission } };
}
