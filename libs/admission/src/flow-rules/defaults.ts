import type { FlowSchema, FlowSchemaSpec, PriorityLevelConfiguration } from '@shiplog/contracts';
import { EVERYTHING, groups, MANDATORY_LEVELS, MANDATORY_SCHEMAS } from './mandatory';

type Rule = NonNullable<FlowSchemaSpec['rules']>[number];
type Subjects = Rule['subjects'];

const API_VERSION = 'flowcontrol.apiserver.k8s.io/v1';
/** Kubernetes marks so what its server keeps up to date by itself. */
const AUTO_UPDATE = { 'apf.kubernetes.io/autoupdate-spec': 'true' };

const users = (...names: string[]): Subjects => names.map((name) => ({ kind: 'User', user: { name } }));
const SYSTEM_ACCOUNTS: Subjects = [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'kube-system' } }];
const CONTROLLERS = users('system:kube-controller-manager');
const SCHEDULER = users('system:kube-scheduler');
const NODES = groups('system:nodes');

/** Writes to what leaders are elected by, in a namespace. */
const elections = (namespace: string): Rule['resourceRules'] => [
  {
    apiGroups: ['coordination.k8s.io'],
    namespaces: [namespace],
    resources: ['leases'],
    verbs: ['get', 'create', 'update'],
  },
];
const nodeHealth: Rule['resourceRules'] = [
  { apiGroups: [''], clusterScope: true, resources: ['nodes', 'nodes/status'], verbs: ['*'], namespaces: ['*'] },
  { apiGroups: ['coordination.k8s.io'], namespaces: ['*'], resources: ['leases'], verbs: ['*'] },
];
const endpoints: Rule['resourceRules'] = [
  { apiGroups: [''], namespaces: ['*'], resources: ['endpoints'], verbs: ['get', 'create', 'update'] },
];
const probes: Rule['nonResourceRules'] = [{ nonResourceURLs: ['/healthz', '/readyz', '/livez'], verbs: ['get'] }];
const all = (subjects: Subjects): Rule[] => [{ ...EVERYTHING, subjects }];

type Row = [name: string, level: string, precedence: number, by: 'ByUser' | 'ByNamespace' | undefined, rules: Rule[]];

/** The suggested schemas of Kubernetes' flowcontrol/bootstrap. */
const SUGGESTED: readonly Row[] = [
  ['probes', 'exempt', 2, undefined, [{ nonResourceRules: probes, subjects: groups('system:unauthenticated', 'system:authenticated') }]],
  ['system-leader-election', 'leader-election', 100, 'ByUser', [{ resourceRules: elections('kube-system'), subjects: [...CONTROLLERS, ...SCHEDULER, ...SYSTEM_ACCOUNTS] }]],
  ['endpoint-controller', 'workload-high', 150, 'ByUser', [{ resourceRules: endpoints, subjects: [...CONTROLLERS, { kind: 'ServiceAccount', serviceAccount: { name: 'endpoint-controller', namespace: 'kube-system' } }] }]],
  ['workload-leader-election', 'leader-election', 200, 'ByUser', [{ resourceRules: elections('*'), subjects: SYSTEM_ACCOUNTS }]],
  ['system-node-high', 'node-high', 400, 'ByUser', [{ resourceRules: nodeHealth, subjects: NODES }]],
  ['system-nodes', 'system', 500, 'ByUser', all(NODES)],
  ['kube-controller-manager', 'workload-high', 800, 'ByNamespace', all(CONTROLLERS)],
  ['kube-scheduler', 'workload-high', 800, 'ByNamespace', all(SCHEDULER)],
  ['kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', all(SYSTEM_ACCOUNTS)],
  ['service-accounts', 'workload-low', 9000, 'ByUser', all(groups('system:serviceaccounts'))],
  ['global-default', 'global-default', 9900, 'ByUser', all(groups('system:unauthenticated', 'system:authenticated'))],
]; // prettier-ignore

/** The same of priority levels: shares, percent that may be lent, queues and how many of them a flow is dealt. */
const SUGGESTED_LEVELS: readonly [name: string, shares: number, lendable: number, queues: number, hand: number][] = [
  ['system', 30, 33, 64, 6],
  ['node-high', 40, 25, 64, 6],
  ['leader-election', 10, 0, 16, 4],
  ['workload-high', 40, 50, 128, 6],
  ['workload-low', 100, 90, 128, 6],
  ['global-default', 20, 50, 128, 6],
];
const QUEUE_LENGTH = 50;

function schema(name: string, spec: FlowSchemaSpec): FlowSchema {
  const metadata = { name, annotations: { ...AUTO_UPDATE } };
  return { apiVersion: API_VERSION, kind: 'FlowSchema', metadata, spec };
}

function level(name: string, spec: PriorityLevelConfiguration['spec']): PriorityLevelConfiguration {
  const metadata = { name, annotations: { ...AUTO_UPDATE } };
  return { apiVersion: API_VERSION, kind: 'PriorityLevelConfiguration', metadata, spec };
}

const EXEMPT_SHARES = { nominalConcurrencyShares: 0, lendablePercent: 0 };

/** The flow schemas and priority levels that every cluster has, as they are made where they are missing. */
export const FLOW_DEFAULTS: {
  readonly schemas: readonly FlowSchema[];
  readonly levels: readonly PriorityLevelConfiguration[];
} = {
  schemas: [
    ...[...MANDATORY_SCHEMAS].map(([name, spec]) => schema(name, spec)),
    ...SUGGESTED.map(([name, levelName, matchingPrecedence, type, rules]) =>
      schema(name, {
        matchingPrecedence,
        priorityLevelConfiguration: { name: levelName },
        rules,
        ...(type === undefined ? {} : { distinguisherMethod: { type } }),
      }),
    ),
  ],
  levels: [
    ...[...MANDATORY_LEVELS].map(([name, spec]) =>
      level(name, name === 'exempt' ? { ...spec, exempt: EXEMPT_SHARES } : spec),
    ),
    ...SUGGESTED_LEVELS.map(([name, nominalConcurrencyShares, lendablePercent, queues, handSize]) => {
      const queuing = { queues, handSize, queueLengthLimit: QUEUE_LENGTH };
      const limited = { nominalConcurrencyShares, lendablePercent, limitResponse: { type: 'Queue', queuing } };
      return level(name, { type: 'Limited', limited });
    }),
  ],
};
