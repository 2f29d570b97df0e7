import { AdmissionHooks, AdmissionRun, type AnsweredQuestion, type KubeOptions } from '@shiplog/admission';
import type { AdmissionRecord, AnyCommand } from '@shiplog/contracts';
import { warningsOf, type Decided, type DecisionContext, type NewEvent } from './decision';

/** What policies and webhooks have to say of a command; undefined where there are none. */
export function admissionRunOf(
  { state, user, warnings }: Pick<DecisionContext, 'state' | 'user' | 'warnings'>,
  command: AnyCommand,
  answers?: ReadonlyMap<string, AnsweredQuestion>,
): AdmissionRun | undefined {
  if (state.admissionHooks() === AdmissionHooks.none) return undefined;
  const facts = { user, dryRun: isDryRun(command), options: optionsOf(command) };
  return new AdmissionRun(state, facts, warnings, answers);
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
      // As in Kubernetes: to admission a patch is an update.
      return of('UpdateOptions', managerOf(command.data.fieldManager));
    case 'DeleteObject':
    case 'DeleteCollection': {
      const { gracePeriodSeconds, propagationPolicy, preconditions } = command.data;
      return of('DeleteOptions', withoutAbsent({ gracePeriodSeconds, propagationPolicy, preconditions }));
    }
    case 'EvictPod':
    case 'BindPods':
      return of('CreateOptions');
    case 'PreemptPods':
      return of('DeleteOptions');
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

/** What a command came to, with what its sender should be told of it, and in its events what was noted and answered. */
export function withAdmission(
  context: Pick<DecisionContext, 'admission' | 'warnings' | 'metadata'>,
  decided: Decided,
): Decided {
  const { admission, metadata } = context;
  if (admission !== undefined && admission.questions.length > 0) {
    return { ok: false, status: admission.pending!, questions: admission.questions };
  }
  const warnings = warningsOf(context);
  const told = warnings.length === 0 ? {} : { warnings };
  if (!decided.ok) return warnings.length === 0 ? decided : { ...decided, ...told };
  const events = admission === undefined ? decided.events : withRecords(decided.events, admission, metadata.position);
  if (warnings.length === 0 && events === decided.events) return decided;
  return { ...decided, events, reply: { ...decided.reply, ...told } };
}

/** What was noted is in the first event, what was answered in the first of the object that it was about. */
function withRecords(events: readonly NewEvent[], admission: AdmissionRun, position: number): readonly NewEvent[] {
  const { annotations, answered } = admission;
  if (events.length === 0 || (annotations.size === 0 && answered.length === 0)) return events;
  const records = new Map<number, { -readonly [F in keyof AdmissionRecord]: AdmissionRecord[F] }>();
  const recordOf = (index: number) => {
    const record = records.get(index) ?? {};
    records.set(index, record);
    return record;
  };
  if (annotations.size > 0) recordOf(0).annotations = Object.fromEntries(annotations);
  for (const { question, basis, answer } of answered) {
    const { configuration, webhook, resource, request } = question;
    const index = events.findIndex(
      (event) => event.resource === resource && event.name === request.name && event.namespace === request.namespace,
    );
    const record = recordOf(Math.max(index, 0));
    const call = { configuration, webhook, basis: Math.min(basis, position), answer };
    record.webhooks = [...(record.webhooks ?? []), call];
  }
  return events.map((event, i) => {
    const record = records.get(i);
    return record === undefined ? event : { ...event, data: { ...event.data, admission: record } };
  });
}
