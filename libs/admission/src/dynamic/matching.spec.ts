import { builtIn, type KubeObject, type MatchResources, type ResourceVersion } from '@shiplog/contracts';
import { FewObjects, stored } from '../testing/builders';
import { Catalog } from '@shiplog/apimachinery';
import { AdmissionHooks } from './hooks';
import { isExempt, matchedVersion } from './matching';
import { configMap, GivenPolicies } from './testing/policies';
import type { AdmissionAttributes } from './attributes';

const cluster = new FewObjects().put(
  'namespaces',
  stored({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'prod', labels: { env: 'prod' } } }),
);
const attributes = (more: Partial<AdmissionAttributes> & { resource?: string } = {}): AdmissionAttributes => {
  const row = Catalog.builtIn.get(more.resource ?? 'pods')!;
  const object: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', labels: { app: 'x' } } };
  return {
    operation: 'CREATE',
    row,
    version: row.versions[0],
    subresource: '',
    namespace: 'default',
    name: 'a',
    object,
    ...more,
  };
};
const rule = (more: object = {}) => ({
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['pods'],
  ...more,
});
const matched = (criteria: MatchResources, of: AdmissionAttributes = attributes()): ResourceVersion | undefined =>
  matchedVersion({ emptyMeansAll: false, ...criteria }, of, cluster);
const isMatched = (one: object, of?: AdmissionAttributes): boolean =>
  matched({ resourceRules: [rule(one)] }, of) !== undefined;

describe('a rule', () => {
  it.each<[object, boolean]>([
    [{}, true],
    [{ operations: ['*'] }, true],
    [{ operations: ['UPDATE', 'DELETE'] }, false],
    [{ apiGroups: ['apps'] }, false],
    [{ apiGroups: ['*'], apiVersions: ['*'] }, true],
    [{ apiVersions: ['v2'] }, false],
    [{ resources: ['*'] }, true],
    [{ resources: ['*/*'] }, true],
    [{ resources: ['pods/*'] }, true],
    [{ resources: ['pods/status'] }, false],
    [{ resources: ['services', 'pods'] }, true],
    [{ scope: 'Namespaced' }, true],
    [{ scope: 'Cluster' }, false],
    [{ resourceNames: ['a', 'b'] }, true],
    [{ resourceNames: ['b'] }, false],
  ])('%j of the creation of a pod: %s', (one, expected) => {
    expect(isMatched(one)).toBe(expected);
  });

  it.each<[string[], boolean]>([
    [['pods'], false],
    [['*'], false],
    [['pods/status'], true],
    [['pods/*'], true],
    [['*/status'], true],
    [['*/*'], true],
    [['*/scale'], false],
  ])('%j of the status of a pod: %s', (resources, expected) => {
    expect(isMatched({ resources }, attributes({ subresource: 'status' }))).toBe(expected);
  });

  it('of the cluster’s scope means Namespaces, though they are in themselves', () => {
    const of = attributes({ resource: 'namespaces', namespace: '' });
    expect(isMatched({ resources: ['namespaces'], scope: 'Cluster' }, of)).toBe(true);
    expect(isMatched({ resources: ['namespaces'], scope: 'Namespaced' }, of)).toBe(false);
  });

  it('that excludes wins', () => {
    const resourceRules = [rule({ resources: ['*'] })];
    expect(matched({ resourceRules, excludeResourceRules: [rule()] })).toBeUndefined();
    expect(matched({ resourceRules, excludeResourceRules: [rule({ resources: ['secrets'] })] })).toBeDefined();
  });
});

describe('versions', () => {
  const scaler = attributes({ resource: 'horizontalpodautoscalers.autoscaling' });
  const rules = [rule({ apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], apiVersions: ['v1'] })];

  it('of the same objects are as good as one another, unless only the very same is meant', () => {
    expect(matched({ resourceRules: rules }, scaler)).toMatchObject({ version: 'v1' });
    expect(matched({ resourceRules: rules, matchPolicy: 'Exact' }, scaler)).toBeUndefined();
  });

  it('of other groups too', () => {
    const event = attributes({ resource: 'events' });
    const other = event.row.versions.find((version) => version !== event.version)!;
    const resourceRules = [rule({ apiGroups: [other.group], resources: ['events'] })];
    expect(matched({ resourceRules }, event)).toBe(other);
  });

  it('show the object as they have it', () => {
    const policies = new GivenPolicies().policy('p', {
      matchConstraints: { resourceRules: [rule({ ...rules[0], operations: ['*'] })] },
      validations: [
        {
          expression:
            'object.apiVersion == "autoscaling/v1" && object.spec.targetCPUUtilizationPercentage == 50 && request.kind.version == "v1" && request.requestKind.version == "v2"',
        },
      ],
    });
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
    const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } };
    const spec = { maxReplicas: 3, scaleTargetRef, metrics: [{ type: 'Resource', resource }] };
    const object = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'a', namespace: 'default' },
      spec,
    };
    expect(policies.denial(object, 'horizontalpodautoscalers.autoscaling')).toBe('');
  });
});

describe('selectors', () => {
  const resourceRules = [rule({ resources: ['*'], operations: ['*'] })];
  const prod = { matchLabels: { env: 'prod' } };
  const labelled = (labels?: Record<string, string>): KubeObject => configMap({}, { labels });

  it('choose by the labels of the namespace; what is in none is always chosen', () => {
    const namespaceSelector = prod;
    expect(matched({ resourceRules, namespaceSelector })).toBeUndefined();
    expect(matched({ resourceRules, namespaceSelector }, attributes({ namespace: 'prod' }))).toBeDefined();
    expect(
      matched({ resourceRules, namespaceSelector }, attributes({ resource: 'nodes', namespace: '' })),
    ).toBeDefined();
  });

  it('choose a Namespace by its own labels, as they are to be', () => {
    const of = (object?: KubeObject, operation: 'CREATE' | 'DELETE' = 'CREATE') =>
      matched(
        { resourceRules, namespaceSelector: prod },
        attributes({ resource: 'namespaces', namespace: '', name: 'prod', object, operation }),
      );
    expect(of(labelled({ env: 'prod' }))).toBeDefined();
    expect(of(labelled({ env: 'test' }))).toBeUndefined();
    expect(of(undefined, 'DELETE')).toBeDefined();
  });

  it('choose by the labels that the object has or had', () => {
    const objectSelector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['x'] }] };
    const of = (object?: KubeObject, oldObject?: KubeObject) =>
      matched({ resourceRules, objectSelector }, attributes({ object, oldObject }));
    expect(of(labelled({ app: 'x' }))).toBeDefined();
    expect(of(labelled({ app: 'y' }))).toBeUndefined();
    expect(of(labelled(), labelled({ app: 'x' }))).toBeDefined();
    expect(of(undefined, labelled({ app: 'x' }))).toBeDefined();
    expect(of(labelled())).toBeUndefined();
  });
});

describe('the hooks of a state', () => {
  it('are none where there is no policy, or none for a resource, or it is what admission is made of', () => {
    const policies = new GivenPolicies().policy('p', { validations: [{ expression: 'false' }] });
    expect(new FewObjects().admissionHooks()).toBe(AdmissionHooks.none);
    const hooks = policies.cluster.admissionHooks();
    expect(hooks.for(builtIn('configmaps'))?.validatingPolicies).toHaveLength(1);
    expect(hooks.for(builtIn('secrets'))).toBeUndefined();
    const policy = builtIn('validatingadmissionpolicies.admissionregistration.k8s.io');
    expect([isExempt(policy), hooks.for(policy)]).toEqual([true, undefined]);
  });
}); // prettier-ignore
