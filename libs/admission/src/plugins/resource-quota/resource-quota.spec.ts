import { builtIn, type BuiltIn, type KubeObject, type ResourceQuotaSpec, type StoredObject } from '@shiplog/contracts';
import { admitCreate } from '../../create';
import { FewObjects, aPod, aService, admission, created, rejectionOf, stored, valueOf } from '../../testing/builders';
import { admitUpdate } from '../../update';

type Amounts = Record<string, string>;

const core = (kind: string, name: string, fields: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'default' },
  ...fields,
});
const pod = (requests: Amounts = {}, limits: Amounts = {}, spec: object = {}): KubeObject =>
  aPod({ containers: [{ name: 'a', image: 'a:1', resources: { requests, limits } }], ...spec });
const claim = (storage: string, spec: object = {}): KubeObject =>
  core('PersistentVolumeClaim', 'data', {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec },
  });
const configMap = core('ConfigMap', 'settings');

/** A namespace with a quota `q`, and objects that are there already. */
function namespaceWith(spec: ResourceQuotaSpec, ...objects: [BuiltIn, KubeObject][]): FewObjects {
  const state = new FewObjects();
  objects.forEach(([resource, object], i) => {
    const made = stored(created(resource, object));
    state.put(resource, { ...made, metadata: { ...made.metadata, name: `there-${i}` } });
  });
  return state.put('resourcequotas', stored(core('ResourceQuota', 'q', { spec })));
}

const hard = (amounts: Amounts): ResourceQuotaSpec => ({ hard: amounts });
const scoped = (scope: string, amounts: Amounts): ResourceQuotaSpec => ({ hard: amounts, scopes: [scope] });
const ofClass = (operator: string, values?: string[]): ResourceQuotaSpec => ({
  hard: { pods: '0' },
  scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] },
});
const NONE_LEFT = 'exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0';
const elsewhere = {
  affinity: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'zone', namespaces: ['other'], labelSelector: { matchLabels: { a: 'b' } } },
      ],
    },
  },
};

type Case = [string, FewObjects, BuiltIn, KubeObject, string | undefined];

const CASES: Case[] = [
  ['one pod more than there may be', namespaceWith(hard({ pods: '1' }), ['pods', pod()]), 'pods', pod(),
    'exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'],
  ['the last pod that there may be', namespaceWith(hard({ pods: '2' }), ['pods', pod()]), 'pods', pod(), undefined],
  ['more cpu than is left', namespaceWith(hard({ 'requests.cpu': '1' }), ['pods', pod({ cpu: '600m' })]), 'pods', pod({ cpu: '500m' }),
    'exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1'],
  ['several resources', namespaceWith(hard({ cpu: '1', 'limits.memory': '1Gi' })), 'pods', pod({ cpu: '2' }, { memory: '2Gi', cpu: '2' }),
    'exceeded quota: q, requested: cpu=2,limits.memory=2Gi, used: cpu=0,limits.memory=0, limited: cpu=1,limits.memory=1Gi'],
  ['what lacks amounts', namespaceWith(hard({ 'requests.cpu': '1', 'limits.memory': '1Gi', pods: '9' })), 'pods',
    aPod({ containers: [{ name: 'b', image: 'x' }, { name: 'a', image: 'x' }], initContainers: [{ name: 'i', image: 'x', resources: { requests: { cpu: '1m' } } }] }),
    'failed quota: q: must specify limits.memory for: a,b,i; requests.cpu for: a,b'],
  ['an extended resource', namespaceWith(hard({ 'requests.example.org/gpu': '1' })), 'pods', pod({ 'example.org/gpu': '2' }, { 'example.org/gpu': '2' }),
    'exceeded quota: q, requested: requests.example.org/gpu=2, used: requests.example.org/gpu=0, limited: requests.example.org/gpu=1'],
  ['huge pages', namespaceWith(hard({ 'requests.hugepages-2Mi': '2Mi' })), 'pods', pod({ 'hugepages-2Mi': '4Mi', cpu: '1' }, { 'hugepages-2Mi': '4Mi' }),
    'exceeded quota: q, requested: requests.hugepages-2Mi=4Mi, used: requests.hugepages-2Mi=0, limited: requests.hugepages-2Mi=2Mi'],
  ['all pods, also those that have ended', namespaceWith(hard({ 'count/pods': '0' })), 'pods', pod(),
    'exceeded quota: q, requested: count/pods=1, used: count/pods=0, limited: count/pods=0'],
  ['a config map', namespaceWith(hard({ configmaps: '1' }), ['configmaps', configMap]), 'configmaps', configMap,
    'exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1'],
  ['an object of a group', namespaceWith(hard({ 'count/leases.coordination.k8s.io': '0' })), 'leases.coordination.k8s.io',
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x', namespace: 'default' } },
    'exceeded quota: q, requested: count/leases.coordination.k8s.io=1, used: count/leases.coordination.k8s.io=0, limited: count/leases.coordination.k8s.io=0'],
  ['an event, which nobody counts', namespaceWith(hard({ 'count/events': '0' })), 'events',
    core('Event', 'x', { involvedObject: { namespace: 'default' } }), undefined],
  ['node ports', namespaceWith(hard({ 'services.nodeports': '1' })), 'services', aService({ type: 'NodePort', ports: [80, 81].map((port) => ({ name: `p${port}`, port })) }),
    'exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1'],
  ['a load balancer', namespaceWith(hard({ 'services.loadbalancers': '0' })), 'services', aService({ type: 'LoadBalancer' }),
    'exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0'],
  ['storage', namespaceWith(hard({ 'requests.storage': '2Gi' }), ['persistentvolumeclaims', claim('1Gi')]), 'persistentvolumeclaims', claim('2Gi'),
    'exceeded quota: q, requested: requests.storage=2Gi, used: requests.storage=1Gi, limited: requests.storage=2Gi'],
  ['storage of a class', namespaceWith(hard({ 'fast.storageclass.storage.k8s.io/requests.storage': '1Gi' })), 'persistentvolumeclaims', claim('2Gi', { storageClassName: 'fast' }),
    'exceeded quota: q, requested: fast.storageclass.storage.k8s.io/requests.storage=2Gi, used: fast.storageclass.storage.k8s.io/requests.storage=0, limited: fast.storageclass.storage.k8s.io/requests.storage=1Gi'],
  ['storage of another class', namespaceWith(hard({ 'fast.storageclass.storage.k8s.io/requests.storage': '1Gi' })), 'persistentvolumeclaims', claim('2Gi', { storageClassName: 'slow' }), undefined],
  ['pods that end, by their deadline', namespaceWith(scoped('Terminating', { pods: '0' })), 'pods', pod({}, {}, { activeDeadlineSeconds: 5 }), NONE_LEFT],
  ['pods that do not', namespaceWith(scoped('Terminating', { pods: '0' })), 'pods', pod(), undefined],
  ['pods without a deadline', namespaceWith(scoped('NotTerminating', { pods: '0' })), 'pods', pod(), NONE_LEFT],
  ['pods that ask for nothing', namespaceWith(scoped('BestEffort', { pods: '0' })), 'pods', pod(), NONE_LEFT],
  ['pods that ask for something', namespaceWith(scoped('BestEffort', { pods: '0' })), 'pods', pod({ cpu: '1' }), undefined],
  ['the others', namespaceWith(scoped('NotBestEffort', { pods: '0' })), 'pods', pod({ cpu: '1' }), NONE_LEFT],
  ['pods drawn to other namespaces', namespaceWith(scoped('CrossNamespacePodAffinity', { pods: '0' })), 'pods', pod({}, {}, elsewhere), NONE_LEFT],
  ['pods of a class', namespaceWith(ofClass('In', ['system-node-critical'])), 'pods', pod({}, {}, { priorityClassName: 'system-node-critical' }), NONE_LEFT],
  ['pods of any class', namespaceWith(ofClass('Exists')), 'pods', pod({}, {}, { priorityClassName: 'system-node-critical' }), NONE_LEFT],
  ['pods of no class', namespaceWith(ofClass('Exists')), 'pods', pod(), undefined],
  ['pods of no class, by a selector', namespaceWith(ofClass('DoesNotExist')), 'pods', pod(), NONE_LEFT],
  ['pods of another class', namespaceWith(ofClass('NotIn', ['a'])), 'pods', pod(), NONE_LEFT],
  ['claims of an attributes class', namespaceWith(scoped('VolumeAttributesClass', { persistentvolumeclaims: '0' })), 'persistentvolumeclaims', claim('1Gi', { volumeAttributesClassName: 'gold' }),
    'exceeded quota: q, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=0, limited: persistentvolumeclaims=0'],
  ['services, where pods are meant', namespaceWith(scoped('BestEffort', { services: '0' })), 'services', aService(), undefined],
]; // prettier-ignore

describe('ResourceQuota', () => {
  it.each(CASES)('looks at %s', (_title, state, resource, object, problem) => {
    const result = admitCreate(builtIn(resource), object, admission({ state }));
    if (problem === undefined) valueOf(result);
    else {
      const { code, reason, message } = rejectionOf(result);
      expect([code, reason]).toEqual([403, 'Forbidden']);
      expect(message?.replace(/^.*? is forbidden: /, '')).toBe(problem);
    }
  });

  it('lets no namespace have more quotas than anybody reads', () => {
    const state = new FewObjects();
    const quota = (i: number): KubeObject => core('ResourceQuota', `q${i}`, { spec: { hard: {} } });
    for (let i = 0; i < 100; i++) state.put('resourcequotas', stored(quota(i)));
    const { message } = rejectionOf(admitCreate(builtIn('resourcequotas'), quota(100), admission({ state })));
    expect(message).toBe('resourcequotas "q100" is forbidden: a namespace can have no more than 100 quotas');
  });

  it('refuses what has a generated name by that, as it is generated by then', () => {
    const made: KubeObject = { ...pod(), metadata: { generateName: 'web-', namespace: 'default' } };
    const refused = (state: FewObjects, object: KubeObject) =>
      rejectionOf(admitCreate(builtIn('pods'), object, admission({ state }))).message;
    expect(refused(namespaceWith(hard({ pods: '0' })), made)).toMatch(
      /^pods "web-[a-z0-9]{5}" is forbidden: exceeded quota: q, /,
    );
    // Not yet where the account is looked up.
    const ofNobody = { ...made, spec: { ...(made['spec'] as object), serviceAccountName: 'ghost' } };
    expect(refused(namespaceWith(hard({ pods: '0' })), ofNobody)).toMatch(
      /^pods "web-" is forbidden: error looking up service account/,
    );
  });

  describe('of what becomes more', () => {
    const update = (
      state: FewObjects,
      resource: BuiltIn,
      before: KubeObject,
      after: KubeObject,
      subresource?: string,
    ) => {
      const there = stored(created(resource, before)) as StoredObject;
      state.put(resource, there);
      return admitUpdate(builtIn(resource), subresource, there, after, admission({ state }));
    };

    it('charges a resize for what it adds', () => {
      const resize = (cpu: string) =>
        update(namespaceWith(hard({ cpu: '2' })), 'pods', pod({ cpu: '1500m' }), pod({ cpu }), 'resize');
      expect(rejectionOf(resize('2500m')).message).toContain(
        'exceeded quota: q, requested: cpu=1, used: cpu=1500m, limited: cpu=2',
      );
      valueOf(resize('2'));
    });

    it('charges a service for what it becomes', () => {
      const result = update(
        namespaceWith(hard({ 'services.nodeports': '0' })),
        'services',
        aService(),
        aService({ type: 'NodePort' }),
      );
      expect(rejectionOf(result).message).toContain('requested: services.nodeports=1');
    });

    it('lets stay what is beyond a quota that came later', () => {
      const labelled = { ...aService({ type: 'NodePort' }), metadata: { name: 'web', labels: { a: 'b' } } };
      const state = namespaceWith(hard({ 'services.nodeports': '0', services: '0' }));
      const { name } = aService().metadata;
      valueOf(
        update(state, 'services', aService({ type: 'NodePort' }), {
          ...labelled,
          metadata: { ...labelled.metadata, name },
        }),
      );
    });
  });
});
