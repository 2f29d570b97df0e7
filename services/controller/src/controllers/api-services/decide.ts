import { storedApiVersion, builtIn, type ObjectOf } from '@shiplog/contracts';
import { conditionOf, deletionOf, statusPatchOf, transitionTime } from '@shiplog/kube';
import { SETTLED, type Now, type PlannedCommand, type ReconcileResult } from '../../runtime/domain/controller';

export const API_SERVICES = 'apiservices.apiregistration.k8s.io';

export type StoredApiService = ObjectOf<typeof API_SERVICES>;

/** By this label Kubernetes' aggregator tells the APIServices that it keeps from those that users make. */
export const MANAGED_LABEL = 'kube-aggregator.kubernetes.io/automanaged';

/** A version of a group that is served here, and its place among the others; both numbers as APIService has them. */
export interface ServedVersion {
  readonly group: string;
  readonly version: string;
  readonly groupPriorityMinimum: number;
  readonly versionPriority: number;
}

/** All that the decision on one APIService looks at. */
export interface ApiServiceView {
  readonly name: string;
  /** What it stands for, when that is served here. */
  readonly served: ServedVersion | undefined;
  readonly object: StoredApiService | undefined;
  readonly now: Now;
}

/** Every version that is served here has an APIService that says so; one whose version has gone goes too. A user's own is left alone. */
export function decideApiService({ name, served, object, now }: ApiServiceView): ReconcileResult {
  if (object?.metadata.deletionTimestamp !== undefined) return SETTLED;
  if (object === undefined) return served === undefined ? SETTLED : { commands: [creationOf(name, served)] };
  const isManaged = object.metadata.labels?.[MANAGED_LABEL] !== undefined;
  if (served === undefined) return isManaged ? { commands: [deletionOf(API_SERVICES, object)] } : SETTLED;
  if (object.spec?.service !== undefined) return SETTLED;
  return { commands: availabilityOf(object, now) };
}

function creationOf(name: string, spec: ServedVersion): PlannedCommand {
  const row = builtIn(API_SERVICES);
  const metadata = { name, labels: { [MANAGED_LABEL]: 'true' } };
  return {
    type: 'CreateObject',
    data: {
      resource: API_SERVICES,
      namespace: '',
      object: { apiVersion: storedApiVersion(row), kind: row.kind, metadata, spec },
    },
  };
}

function availabilityOf(object: StoredApiService, now: Now): PlannedCommand[] {
  const before = conditionOf(object, 'Available');
  if (before?.status === 'True' && before.reason === 'Local') return [];
  const available = {
    type: 'Available',
    status: 'True',
    lastTransitionTime: transitionTime(before, 'True', now.time),
    reason: 'Local',
    message: 'Local APIServices are always available',
  };
  return [statusPatchOf(API_SERVICES, object, { conditions: [available] }, { patchType: 'merge' })];
}
