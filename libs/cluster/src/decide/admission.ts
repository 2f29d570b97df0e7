import { AdmissionHooks, AdmissionRun, type KubeOptions } from '@shiplog/admission';
import type { AnyCommand } from '@shiplog/contracts';
import { warningsOf, type Decided, type DecisionContext, type NewEvent } from './decision';

/** What policies and webhooks have to say of a command; undefined where there are none. */
export function admissionRunOf(
  { state, user, warnings }: Pick<DecisionContext, 'state' | 'user' | 'warnings'>,
  command: AnyCommand,
): AdmissionRun | undefined {
  if (state.admissionHooks() === AdmissionHooks.none) return undefined;
  const facts = { user, dryRun: isDryRun(command), options: optionsOf(command) };
  return new AdmissionRun(state, facts, warnings);
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

/** What a command came to, with what its sender should be told of it, and in its first event what was noted. */
export function withAdmission(context: Pick<DecisionContext, 'admission' | 'warnings'>, decided: Decided): Decided {
  const warnings = warningsOf(context);
  const told = warnings.length === 0 ? {} : { warnings };
  if (!decided.ok) return warnings.length === 0 ? decided : { ...decided, ...told };
  const events = withNotes(decided.events, context.admission);
  if (warnings.length === 0 && events === decided.events) return decided;
  return { ...decided, events, reply: { ...decided.reply, ...told } };
}

function withNotes(events: readonly NewEvent[], admission: AdmissionRun | undefined): readonly NewEvent[] {
  const [first, ...others] = events;
  if (first === undefined || admission === undefined || admission.annotations.size === 0) return events;
  const notes = { annotations: Object.fromEntries(admission.annotations) };
  return [{ ...first, data: { ...first.data, admission: notes } }, ...others];
}
