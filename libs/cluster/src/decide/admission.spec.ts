import { bind, cluster, create, createPod, patch, remove, refTo, type Asked, type TestCluster } from './testing/given';

const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';

/** Denies what an operation does to a resource, by a rule and with what the rule says. */
function denying(
  { operation, resource, rule = 'false' }: { operation: string; resource: string; rule?: string },
  actions = ['Deny'],
  at: TestCluster = cluster('n1'),
): TestCluster {
  const resourceRules = [{ apiGroups: ['*'], apiVersions: ['*'], operations: [operation], resources: [resource] }];
  const validations = [{ expression: rule, message: `no ${operation} of ${resource}` }];
  const auditAnnotations = [{ key: 'seen', valueExpression: 'request.operation' }];
  return at
    .given(create(POLICIES, 'p', { spec: { matchConstraints: { resourceRules }, validations, auditAnnotations } }))
    .given(create(BINDINGS, 'b', { spec: { policyName: 'p', validationActions: actions } }));
}

const evict: Asked = { type: 'EvictPod', data: { namespace: 'default', name: 'p', gracePeriodSeconds: 5 } };
const report = (at: TestCluster): Asked => ({
  type: 'ReportPods',
  actor: 'system:node:n1',
  data: { node: 'n1', pods: [{ ...refTo(at, 'p'), status: { phase: 'Running' } }] },
});

const withPod = (at: TestCluster): TestCluster => at.given(createPod('p'));
const withBoundPod = (at: TestCluster): TestCluster => withPod(at).given(bind(at, 'p', 'n1'));
const withConfigMap = (at: TestCluster): TestCluster => at.given(create('configmaps', 'c', { data: { a: 'b' } }));
const replicas = { template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } };
const withController = (at: TestCluster): TestCluster =>
  at.given(create('replicationcontrollers', 'rc', { spec: { replicas: 1, selector: { a: 'b' }, ...replicas } }));
const scaled: Asked = {
  type: 'PatchObject',
  data: { resource: 'replicationcontrollers', namespace: 'default', name: 'rc', subresource: 'scale', patchType: 'merge', patch: { spec: { replicas: 5 } } },
}; // prettier-ignore

describe('a validating policy denies', () => {
  it.each<[string, { operation: string; resource: string; rule?: string }, (at: TestCluster) => TestCluster, (at: TestCluster) => Asked]>([
    ['a creation', { operation: 'CREATE', resource: 'configmaps' }, (at) => at, () => create('configmaps', 'c')],
    ['a change', { operation: 'UPDATE', resource: 'configmaps', rule: 'object.data.a == oldObject.data.a' }, withConfigMap, () => patch('configmaps', 'c', { data: { a: 'x' } })],
    ['a change by apply', { operation: 'UPDATE', resource: 'configmaps' }, withConfigMap, () => ({ type: 'PatchObject', data: { resource: 'configmaps', namespace: 'default', name: 'c', patchType: 'apply', force: true, fieldManager: 'm', patch: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'y' } } } })],
    ['a deletion', { operation: 'DELETE', resource: 'configmaps', rule: 'object != null || request.options.gracePeriodSeconds != 7 || oldObject.data.a != "b"' }, withConfigMap, () => remove('configmaps', 'c', { gracePeriodSeconds: 7 })],
    ['a status', { operation: 'UPDATE', resource: 'pods/status', rule: 'object.status.phase != "Failed"' }, withPod, () => patch('pods', 'p', { status: { phase: 'Failed' } }, 'status')],
    ['a scale', { operation: 'UPDATE', resource: 'replicationcontrollers/scale', rule: 'object.kind != "Scale" || oldObject.spec.replicas != 1 || object.spec.replicas < 5' }, withController, () => scaled],
    ['an eviction', { operation: 'CREATE', resource: 'pods/eviction', rule: 'object.kind != "Eviction" || request.kind.group != "policy" || object.deleteOptions.gracePeriodSeconds != 5' }, withPod, () => evict],
  ])('%s', (_name, policy, given, asked) => {
    const at = given(denying(policy));
    expect(at.when(asked(at)).rejection?.message).toContain(
      `denied request: no ${policy.operation} of ${policy.resource}`,
    );
  }); // prettier-ignore

  it.each<[string, { operation: string; resource: string; rule: string }, (at: TestCluster) => TestCluster, (at: TestCluster) => Asked]>([
    ['a binding', { operation: 'CREATE', resource: 'pods/binding', rule: 'object.kind == "Binding" && object.target.name != "n1"' }, withPod, (at) => bind(at, 'p', 'n1')],
    ['what a kubelet reports', { operation: 'UPDATE', resource: 'pods/status', rule: 'object.status.phase != "Running"' }, withBoundPod, report],
    ['each of what a selector chooses', { operation: 'DELETE', resource: 'configmaps', rule: 'oldObject.metadata.name == "other"' }, withConfigMap, () => ({ type: 'DeleteCollection', data: { resource: 'configmaps', namespace: 'default' } })],
  ])('of several, %s', (_name, policy, given, asked) => {
    const at = given(denying(policy));
    const { reply } = at.when(asked(at));
    expect(reply).toMatchObject({ ok: true, events: 0, results: [{ ok: false, status: { reason: 'Invalid' } }] });
  }); // prettier-ignore
});

describe('what a policy notes', () => {
  it('is told to the sender, and in the event what it was', () => {
    const at = denying({ operation: 'CREATE', resource: 'configmaps' }, ['Warn']);
    const { events, reply } = at.when(create('configmaps', 'c'));
    expect(reply).toMatchObject({
      ok: true,
      warnings: [`Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no CREATE of configmaps`],
    });
    expect(events).toMatchObject([{ data: { admission: { annotations: { 'p/seen': 'CREATE' } } } }]);
  });

  it('is nothing of a dry run but the answer', () => {
    const at = denying({ operation: 'CREATE', resource: 'configmaps', rule: '!request.dryRun' }, ['Warn']);
    const asked = create('configmaps', 'c');
    const { events, reply } = at.when({ ...asked, data: { ...asked.data, dryRun: true } } as Asked);
    expect([events, reply]).toMatchObject([[], { ok: true, warnings: [expect.any(String)] }]);
  });
});

it('a policy that is gone has no say any more', () => {
  const at = denying({ operation: 'CREATE', resource: 'configmaps' });
  expect(at.when(create('configmaps', 'c')).rejection).toBeDefined();
  at.given(remove(BINDINGS, 'b'));
  expect(at.when(create('configmaps', 'c')).rejection).toBeUndefined();
});
