import fc from 'fast-check';
import { aPod, rejectionOf, valueOf, expected } from '../testing/objects';
import { decodeObject, strictDecodingError, unknownFields } from './decode';

const messageOf = (object: unknown, resource = expected('pods')) => rejectionOf(decodeObject(resource, object)).message;

describe('reading an object', () => {
  it('copies it, so that nothing done to the copy reaches the sender', () => {
    const sent = aPod({}, { labels: { app: 'web' } });
    const read = valueOf(decodeObject(expected('pods'), sent));
    expect(read).toEqual(sent);
    read.metadata.labels = { changed: 'yes' };
    expect(sent.metadata.labels).toEqual({ app: 'web' });
  });

  it('fills in apiVersion, kind and metadata where they are missing', () => {
    expect(valueOf(decodeObject(expected('configmaps'), { data: { a: 'b' } }))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {},
      data: { a: 'b' },
    });
  });

  it('keeps what a revision holds as it is, with its nulls', () => {
    const data = { spec: { template: { $patch: 'replace', metadata: { creationTimestamp: null } } } };
    const revision = { metadata: { name: 'r' }, revision: 1, data };
    expect(valueOf(decodeObject(expected('controllerrevisions.apps'), revision))['data']).toEqual(data);
    const wrong = messageOf({ ...revision, data: 3 }, expected('controllerrevisions.apps'));
    expect(wrong).toMatch(/cannot unmarshal number into Go struct field ControllerRevision.data/);
  });

  it('takes null for absent, and for the zero value inside lists and maps', () => {
    const read = valueOf(
      decodeObject(expected('pods'), {
        metadata: { name: 'x', labels: null, annotations: { a: null } },
        spec: { containers: [{ name: 'c', args: ['a', null], command: null }], nodeName: null },
      }),
    );
    expect(read.metadata).toEqual({ name: 'x', annotations: { a: '' } });
    expect(read['spec']).toEqual({ containers: [{ name: 'c', args: ['a', ''] }] });
  });

  it('stores empty and absent alike where Go omits what is empty', () => {
    const read = valueOf(
      decodeObject(expected('pods'), {
        metadata: { name: 'x', namespace: '', labels: {} },
        spec: { containers: [], volumes: [], securityContext: {}, hostNetwork: false },
      }),
    );
    expect(read.metadata).toEqual({ name: 'x' });
    expect(read['spec']).toEqual({ containers: [], securityContext: {} });
  });

  it('leaves out 0 and false where Go does, and keeps them where they are required or Go has a pointer', () => {
    const status = { replicas: 0, fullyLabeledReplicas: 0, readyReplicas: 0, terminatingReplicas: 0 };
    const set = valueOf(decodeObject(expected('replicasets.apps'), { metadata: { name: 'x' }, status }));
    expect(set['status']).toEqual({ replicas: 0, terminatingReplicas: 0 });
    const spec = { containers: [], hostPID: false, hostNetwork: true, enableServiceLinks: false, priority: 0 };
    const pod = valueOf(decodeObject(expected('pods'), { metadata: { name: 'x', generation: 0 }, spec }));
    expect(pod.metadata).toEqual({ name: 'x' });
    expect(pod['spec']).toEqual({ containers: [], hostNetwork: true, enableServiceLinks: false, priority: 0 });
  });

  it('gives required fields that are absent their type’s zero value, so that the types keep their promise', () => {
    const event = valueOf(decodeObject(expected('events'), { metadata: { name: 'e' } }));
    expect(event['involvedObject']).toEqual({});
    const pod = valueOf(decodeObject(expected('pods'), { spec: { containers: [{ livenessProbe: { httpGet: {} } }] } }));
    expect(pod['spec']).toEqual({ containers: [{ name: '', livenessProbe: { httpGet: { port: 0 } } }] });
  });

  it('keeps the empty text where it says something: a lease that nobody holds', () => {
    const lease = valueOf(
      decodeObject(expected('leases.coordination.k8s.io'), { metadata: { name: 'l' }, spec: { holderIdentity: '' } }),
    );
    expect(lease['spec']).toEqual({ holderIdentity: '' });
  });

  it('keeps the empty text of a pointer in Go, in whatever group, and of no other', () => {
    const hostPath = { path: '/', type: '' };
    const container = { name: 'c', image: '', livenessProbe: { grpc: { port: 1, service: '' } }, restartPolicy: '' };
    const spec = { containers: [container], volumes: [{ name: 'v', hostPath }], nodeName: '', runtimeClassName: '' };
    expect(valueOf(decodeObject(expected('pods'), { metadata: { name: 'x' }, spec }))['spec']).toEqual({
      containers: [{ name: 'c', livenessProbe: { grpc: { port: 1, service: '' } }, restartPolicy: '' }],
      volumes: [{ name: 'v', hostPath }],
      runtimeClassName: '',
    });
  });

  it('drops unknown fields and managedFields, and can report the unknown ones with their places', () => {
    const sent = aPod({ containers: [{ name: 'a', image: 'b', imge: 'c' } as never] }, { managedFields: [] });
    const withMore = { ...sent, spec: { ...(sent['spec'] as object), foo: { bar: 1 } } };
    expect(valueOf(decodeObject(expected('pods'), withMore))).toEqual(
      aPod({ containers: [{ name: 'a', image: 'b' }] }),
    );
    expect(unknownFields(expected('pods'), withMore)).toEqual(['spec.containers[0].imge', 'spec.foo']);
    expect(strictDecodingError(expected('pods'), ['unknown field "spec.foo"']).message).toBe(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo"',
    );
  });

  it.each([
    [{ spec: 'x' }, 'json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec'],
    [
      { spec: { containers: {} } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      { spec: { containers: [{ ports: [{ containerPort: '80' }] }] } },
      'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      { spec: { terminationGracePeriodSeconds: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64',
    ],
    [
      { metadata: { labels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      { spec: { hostNetwork: 'yes' } },
      'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool',
    ],
    [
      { spec: { priority: 3_000_000_000 } },
      'json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      { spec: { containers: [{ readinessProbe: { httpGet: { port: 80.5 } } }] } },
      'json: cannot unmarshal number 80.5 into Go value of type int32',
    ],
    [
      { spec: { containers: [{ readinessProbe: { httpGet: { port: true } } }] } },
      'json: cannot unmarshal bool into Go value of type int32',
    ],
    [{ spec: { containers: [{ resources: { limits: { memory: '1K' } } }] } }, "unable to parse quantity's suffix"],
    [
      { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ])('refuses %j as Kubernetes does', (object, reason) => {
    expect(messageOf(object)).toBe(`Pod in version "v1" cannot be handled as a Pod: ${reason}`);
  });

  it('refuses what is no object, of another kind or of another version', () => {
    expect(messageOf([])).toMatch(/must be of type Pod/);
    expect(messageOf(null)).toMatch(/must be of type Pod/);
    expect(messageOf({ apiVersion: 'v1', kind: 'Service' })).toMatch(
      /^Service in version "v1" cannot be handled as a Pod/,
    );
    expect(messageOf({ apiVersion: 'v2', kind: 'Pod' })).toBe(
      'the API version in the data (v2) does not match the expected API version (v1)',
    );
  });

  it('brings times to UTC and quantities to their canonical text', () => {
    const read = valueOf(
      decodeObject(expected('pods'), {
        metadata: { name: 'x', creationTimestamp: '2024-01-01T02:00:00.5+02:00' },
        spec: { containers: [{ name: 'c', resources: { limits: { cpu: 0.5, memory: ' 2048Mi\n' } } }] },
      }),
    );
    expect(read.metadata.creationTimestamp).toBe('2024-01-01T00:00:00Z');
    expect(read['spec']).toEqual({
      containers: [{ name: 'c', resources: { limits: { cpu: '500m', memory: '2Gi' } } }],
    });
    const lease = { metadata: { name: 'l' }, spec: { renewTime: '2024-01-01T00:00:00.123Z' } };
    expect(valueOf(decodeObject(expected('leases.coordination.k8s.io'), lease))['spec']).toEqual({
      renewTime: '2024-01-01T00:00:00.123000Z',
    });
    expect(messageOf({ metadata: { creationTimestamp: 'yesterday' } })).toMatch(/parsing time "yesterday"/);
  });

  it('refuses base64 that is none', () => {
    expect(messageOf({ data: { a: '$$$' } }, expected('secrets'))).toMatch(/illegal base64 data at input byte 0/);
  });

  it('is not led to anybody’s prototype', () => {
    const hostile = JSON.parse(
      '{"metadata":{"name":"x","__proto__":{"polluted":1}},"__proto__":{"polluted":1},"constructor":1}',
    );
    const read = valueOf(decodeObject(expected('configmaps'), hostile)) as unknown as Record<string, unknown>;
    expect(read['polluted']).toBeUndefined();
    expect((read['metadata'] as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('keeps a key that is called __proto__ where keys are the user’s', () => {
    const sent = JSON.parse(
      '{"metadata":{"name":"x","annotations":{"__proto__":"a"}},"data":{"__proto__":"x","b":"y"}}',
    );
    const read = valueOf(decodeObject(expected('configmaps'), sent));
    expect(JSON.stringify(read['data'])).toBe('{"__proto__":"x","b":"y"}');
    expect(JSON.stringify(read.metadata.annotations)).toBe('{"__proto__":"a"}');
  });

  it('refuses a moment that there is none of, in Go’s words', () => {
    const status = { conditions: [{ type: 'X', status: 'True', lastTransitionTime: '2024-99-99T99:99:99Z' }] };
    expect(messageOf({ metadata: { name: 'x' }, status }, expected('pods'))).toBe(
      'Pod in version "v1" cannot be handled as a Pod: parsing time "2024-99-99T99:99:99Z": month out of range',
    );
  });

  it('answers any JSON at all with an object or a 400, and reads its own result the same again', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (spec) => {
        const first = decodeObject(expected('pods'), { metadata: { name: 'x' }, spec });
        if (!first.ok) expect(first.status.code).toBe(400);
        else expect(valueOf(decodeObject(expected('pods'), first.value))).toEqual(first.value);
      }),
    );
  });
});
