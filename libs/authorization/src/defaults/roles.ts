import type { PolicyRule } from '@shiplog/contracts';

const READ = 'get list watch';
const WRITE = 'create delete deletecollection patch update';
const READ_WRITE = 'create delete deletecollection get list patch update watch';
const EVENTS: PolicyRule = {
  apiGroups: ['', 'events.k8s.io'],
  resources: ['events'],
  verbs: words('create patch update'),
};
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

/** What stands on all that the cluster itself made of roles and bindings, as in Kubernetes. */
export const BOOTSTRAP_LABEL = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
/** Rules that a default role has lost come back at the next start, unless this says "false". */
export const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/** A role that every cluster has. */
export interface DefaultRole {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly rules: readonly PolicyRule[];
  /** Of a ClusterRole that is put together of others: the label that these bear. */
  readonly aggregates?: string;
}

function words(text: string): string[] {
  return text.split(' ');
}

/** @param group '' for the core's */
function rule(verbs: string, group: string, resources: string, ...resourceNames: string[]): PolicyRule {
  return {
    apiGroups: [group],
    resources: words(resources),
    ...(resourceNames.length === 0 ? {} : { resourceNames }),
    verbs: words(verbs),
  };
}

function paths(...nonResourceURLs: string[]): PolicyRule {
  return { nonResourceURLs, verbs: ['get'] };
}

function leaderOf(lease: string): PolicyRule[] {
  return [rule('create', 'coordination.k8s.io', 'leases'), rule('get update', 'coordination.k8s.io', 'leases', lease)];
}

const ASKS_ABOUT_OTHERS = [
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
];

const VIEW = [
  rule(
    READ,
    '',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers ' +
      'replicationcontrollers/scale serviceaccounts services services/status',
  ),
  rule(
    READ,
    '',
    'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas ' +
      'resourcequotas/status',
  ),
  rule(READ, '', 'namespaces'),
  rule(READ, 'discovery.k8s.io', 'endpointslices'),
  rule(
    READ,
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets ' +
      'replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  rule(READ, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  rule(READ, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
  rule(READ, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  rule(READ, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
];

const EDIT = [
  rule(READ, '', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  rule('impersonate', '', 'serviceaccounts'),
  rule(WRITE, '', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  rule('create', '', 'pods/eviction'),
  rule(
    WRITE,
    '',
    'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets ' +
      'serviceaccounts services services/proxy',
  ),
  rule('create', '', 'serviceaccounts/token'),
  rule(
    WRITE,
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets ' +
      'statefulsets/scale',
  ),
  rule(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
  rule(WRITE, 'batch', 'cronjobs jobs'),
  rule(WRITE, 'policy', 'poddisruptionbudgets'),
  rule(WRITE, 'networking.k8s.io', 'ingresses networkpolicies'),
  rule(READ_WRITE, 'coordination.k8s.io', 'leases'),
];

const ADMIN = [
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  rule(READ_WRITE, 'rbac.authorization.k8s.io', 'rolebindings roles'),
];

const AGGREGATED_EVERYWHERE = Object.fromEntries(
  ['view', 'edit', 'admin'].map((role) => [`${AGGREGATE}${role}`, 'true']),
);

/** For people: `view`, `edit` and `admin` are what others, also those of definitions, are labelled to become part of. */
const USER_FACING: readonly DefaultRole[] = [
  { name: 'cluster-admin', rules: [rule('*', '*', '*'), { nonResourceURLs: ['*'], verbs: ['*'] }] },
  { name: 'admin', rules: [], aggregates: `${AGGREGATE}admin` },
  { name: 'edit', labels: { [`${AGGREGATE}admin`]: 'true' }, rules: [], aggregates: `${AGGREGATE}edit` },
  { name: 'view', labels: { [`${AGGREGATE}edit`]: 'true' }, rules: [], aggregates: `${AGGREGATE}view` },
  { name: 'system:aggregate-to-admin', labels: { [`${AGGREGATE}admin`]: 'true' }, rules: ADMIN },
  { name: 'system:aggregate-to-edit', labels: { [`${AGGREGATE}edit`]: 'true' }, rules: EDIT },
  { name: 'system:aggregate-to-view', labels: { [`${AGGREGATE}view`]: 'true' }, rules: VIEW },
  // Under the name that metrics-server gives it.
  {
    name: 'system:aggregated-metrics-reader',
    labels: AGGREGATED_EVERYWHERE,
    rules: [rule(READ, 'metrics.k8s.io', 'nodes pods')],
  },
  // Who may write them decides where everybody's pods go: only who may do anything, as with PriorityClasses.
  {
    name: 'system:scheduling-policy-reader',
    labels: AGGREGATED_EVERYWHERE,
    rules: [rule(READ, 'scheduling.shiplog.dev', 'schedulingpolicies')],
  },
];

/** What everybody may find out of the server, and of themselves. */
const DISCOVERY: readonly DefaultRole[] = [
  {
    name: 'system:basic-user',
    rules: [
      rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
      rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
    ],
  },
  {
    name: 'system:discovery',
    rules: [
      paths('/api', '/api/*', '/apis', '/apis/*', '/healthz', '/livez', '/openapi', '/openapi/*', '/readyz'),
      paths('/version', '/version/'),
    ],
  },
  { name: 'system:public-info-viewer', rules: [paths('/healthz', '/livez', '/readyz', '/version', '/version/')] },
  {
    name: 'system:monitoring',
    rules: [paths('/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*')],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [paths('/.well-known/openid-configuration', '/openid/v1/jwks')],
  },
];

const CERTIFICATES = 'certificates.k8s.io';
const signerRole = (name: string, signer: string): DefaultRole => ({
  name: `system:certificates.k8s.io:${name}`,
  rules: [rule('approve', CERTIFICATES, 'signers', `kubernetes.io/${signer}`)],
});

/** For parts of a cluster that come as users: those that people run beside it, by the names that charts bind to. */
const COMPONENTS: readonly DefaultRole[] = [
  { name: 'system:auth-delegator', rules: ASKS_ABOUT_OTHERS },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    rules: [rule('create', CERTIFICATES, 'certificatesigningrequests/nodeclient')],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    rules: [rule('create', CERTIFICATES, 'certificatesigningrequests/selfnodeclient')],
  },
  signerRole('kube-apiserver-client-approver', 'kube-apiserver-client'),
  signerRole('kube-apiserver-client-kubelet-approver', 'kube-apiserver-client-kubelet'),
  signerRole('kubelet-serving-approver', 'kubelet-serving'),
  signerRole('legacy-unknown-approver', 'legacy-unknown'),
  { name: 'system:kube-aggregator', rules: [rule(READ, '', 'endpoints services')] },
  {
    name: 'system:kube-controller-manager',
    rules: [
      EVENTS,
      ...leaderOf('kube-controller-manager'),
      rule('create', '', 'secrets serviceaccounts'),
      rule('delete', '', 'secrets'),
      rule('get', '', 'configmaps namespaces secrets serviceaccounts'),
      rule('update', '', 'secrets serviceaccounts'),
      ...ASKS_ABOUT_OTHERS,
      rule('list watch', '*', '*'),
      rule('create', '', 'serviceaccounts/token'),
    ],
  },
  { name: 'system:kube-dns', rules: [rule('list watch', '', 'endpoints services')] },
  {
    name: 'system:kube-scheduler',
    rules: [
      EVENTS,
      ...leaderOf('kube-scheduler'),
      rule(READ, '', 'nodes'),
      rule('delete get list watch', '', 'pods'),
      rule('create', '', 'bindings pods/binding'),
      rule('patch update', '', 'pods/status'),
      rule(READ, '', 'replicationcontrollers services'),
      rule(READ, 'apps', 'replicasets'),
      rule(READ, 'apps', 'statefulsets'),
      rule(READ, 'policy', 'poddisruptionbudgets'),
      rule(READ, '', 'persistentvolumeclaims persistentvolumes'),
      ...ASKS_ABOUT_OTHERS,
      rule(READ, 'storage.k8s.io', 'csinodes'),
      rule(READ, '', 'namespaces'),
      rule(READ, 'storage.k8s.io', 'csidrivers'),
      rule(READ, 'storage.k8s.io', 'csistoragecapacities'),
    ],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      rule(READ, '', 'nodes'),
      rule('proxy', '', 'nodes'),
      rule('*', '', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
    ],
  },
  {
    name: 'system:node',
    rules: [
      rule('create', 'authentication.k8s.io', 'tokenreviews'),
      rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
      rule(READ, '', 'services'),
      rule('create get list watch', '', 'nodes'),
      rule('patch update', '', 'nodes/status'),
      rule('patch update', '', 'nodes'),
      rule('create patch update', '', 'events'),
      rule(READ, '', 'pods'),
      rule('create delete', '', 'pods'),
      rule('patch update', '', 'pods/status'),
      rule('create', '', 'pods/eviction'),
      rule(READ, '', 'configmaps secrets'),
      rule('get', '', 'persistentvolumeclaims persistentvolumes'),
      rule('get', '', 'endpoints'),
      rule('create get list watch', CERTIFICATES, 'certificatesigningrequests'),
      rule('create delete get patch update', 'coordination.k8s.io', 'leases'),
      rule('get', 'storage.k8s.io', 'volumeattachments'),
      rule('create', '', 'serviceaccounts/token'),
      rule('get patch update', '', 'persistentvolumeclaims/status'),
      rule(READ, 'storage.k8s.io', 'csidrivers'),
      rule('create delete get patch update', 'storage.k8s.io', 'csinodes'),
      rule(READ, 'node.k8s.io', 'runtimeclasses'),
    ],
  },
  {
    name: 'system:node-bootstrapper',
    rules: [rule('create get list watch', CERTIFICATES, 'certificatesigningrequests')],
  },
  {
    name: 'system:node-problem-detector',
    rules: [rule('get', '', 'nodes'), rule('patch', '', 'nodes/status'), EVENTS],
  },
  {
    name: 'system:node-proxier',
    rules: [
      rule('list watch', '', 'endpoints services'),
      rule(READ, '', 'nodes'),
      EVENTS,
      rule('list watch', 'discovery.k8s.io', 'endpointslices'),
    ],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      rule('create delete get list watch', '', 'persistentvolumes'),
      rule('get list update watch', '', 'persistentvolumeclaims'),
      rule(READ, 'storage.k8s.io', 'storageclasses'),
      rule('watch', '', 'events'),
      EVENTS,
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      rule('get list patch update watch', '', 'persistentvolumes'),
      rule(READ, 'storage.k8s.io', 'storageclasses'),
      rule('get list patch update watch', '', 'persistentvolumeclaims'),
    ],
  },
];

/**
 * The ClusterRoles of every cluster: Kubernetes' own of 1.32, but for those that its controllers' service accounts have (here
 * they are one process with credentials of its own) and for the group `extensions`, which nobody serves any more.
 */
export const DEFAULT_CLUSTER_ROLES: readonly DefaultRole[] = [...USER_FACING, ...DISCOVERY, ...COMPONENTS];

/** Roles of single namespaces. */
export const DEFAULT_ROLES: readonly (DefaultRole & { readonly namespace: string })[] = [
  {
    name: 'extension-apiserver-authentication-reader',
    namespace: 'kube-system',
    rules: [rule(READ, '', 'configmaps', 'extension-apiserver-authentication')],
  },
];
