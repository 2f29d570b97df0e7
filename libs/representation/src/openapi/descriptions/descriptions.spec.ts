import { KUBERNETES_API, RESOURCES, type ApiSchema } from '@shiplog/contracts';
import { refsOf } from '../schemas';
import { DESCRIPTIONS, described } from '.';

const definitionOf = (name: string): ApiSchema => KUBERNETES_API.definitions[name] as ApiSchema;

function reachableFrom(root: string): Set<string> {
  const found = new Set([root]);
  for (const name of found) for (const ref of refsOf(definitionOf(name))) found.add(ref);
  return found;
}

/** What is not described: definitions by their names, fields as `<definition>.<field>`. */
function silent(names: Iterable<string>): string[] {
  return [...names].flatMap((name) => {
    const { description, properties = {} } = described(name, definitionOf(name));
    const fields = Object.entries(properties).filter(([, property]) => property.description === undefined);
    return [...(description === undefined ? [name] : []), ...fields.map(([field]) => `${name}.${field}`)];
  });
}

describe('descriptions', () => {
  it('are there for every definition and field that can be reached from a pod', () => {
    expect(silent(reachableFrom('io.k8s.api.core.v1.Pod'))).toEqual([]);
  });

  it('are there for every kind, and for all fields of its objects themselves', () => {
    const kinds = Object.entries(KUBERNETES_API.definitions)
      .filter(([, schema]) => schema['x-kubernetes-group-version-kind'] !== undefined)
      .map(([name]) => name);
    const served = RESOURCES.flatMap(({ versions }) => versions.map(({ schema }) => schema as string));
    expect(silent(kinds.filter((name) => /^io\.k8s\.(?!apimachinery)/.test(name)))).toEqual([]);
    expect(silent(served)).toEqual([]);
  });

  it.each([
    ...['Service', 'ConfigMap', 'Secret', 'Node', 'Namespace', 'ServiceAccount', 'ReplicationController'].map(
      (kind) => `core.v1.${kind}`,
    ),
    ...['core.v1.PersistentVolumeClaim', 'core.v1.Endpoints', 'core.v1.ResourceQuota', 'core.v1.LimitRange'],
    ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => `apps.v1.${kind}`),
    ...['batch.v1.Job', 'batch.v1.CronJob', 'autoscaling.v1.HorizontalPodAutoscaler'],
    ...['autoscaling.v2.HorizontalPodAutoscaler', 'networking.v1.Ingress', 'networking.v1.NetworkPolicy'],
    ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].map((kind) => `rbac.v1.${kind}`),
    ...[
      'policy.v1.PodDisruptionBudget',
      'coordination.v1.Lease',
      'node.v1.RuntimeClass',
      'discovery.v1.EndpointSlice',
      'events.v1.Event',
    ],
  ])('are there for every field of a %s', (kind) => {
    expect(silent(reachableFrom(`io.k8s.api.${kind}`))).toEqual([]);
  });

  it("are there for every field of a kind that is Shiplog's own", () => {
    const own = RESOURCES.filter(({ group }) => group.endsWith('.shiplog.dev'));
    const schemas = own.flatMap(({ versions }) => versions.map(({ schema }) => schema as string));
    expect(schemas.flatMap((schema) => silent(reachableFrom(schema)))).toEqual([]);
  });

  it('are about fields that exist', () => {
    const unknown = [...DESCRIPTIONS].flatMap(([name, fields]) => {
      if (!Object.hasOwn(KUBERNETES_API.definitions, name)) return [name];
      const known = Object.keys(definitionOf(name).properties ?? {});
      return Object.keys(fields).flatMap((field) =>
        field === '' || known.includes(field) ? [] : [`${name}.${field}`],
      );
    });
    expect(unknown).toEqual([]);
  });

  it('are sentences', () => {
    const texts = [...DESCRIPTIONS.values()].flatMap((fields) => Object.values(fields));
    expect(texts.filter((text) => !/^[A-Z`].*[.]$/.test(text))).toEqual([]);
    expect(texts.length).toBeGreaterThan(1_000);
  });

  it('of custom resources stay as they came', () => {
    const schema = { type: 'object', description: 'Own.', properties: { spec: { description: 'Mine.' } } };
    expect(described('com.example.v1.CronTab', schema)).toEqual(schema);
  });
});
