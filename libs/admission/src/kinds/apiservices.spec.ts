import { builtIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admission, causesOf, created, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const RESOURCE = 'apiservices.apiregistration.k8s.io';
const service = { namespace: 'default', name: 'metrics' };
const SPEC = { group: 'metrics.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10 };
const api = (spec: object = {}, name = 'v1.metrics.example.com'): KubeObject => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name },
  spec: { ...SPEC, ...spec },
});
const causes = (spec: object, name?: string) => causesOf(admitCreate(builtIn(RESOURCE), api(spec, name), admission()));

describe('an API service', () => {
  it('is of another server, by https; or of this one, and then there at once', () => {
    const other = created(RESOURCE, api({ service, caBundle: 'eA==' }));
    expect(other.spec).toEqual({ ...SPEC, service: { ...service, port: 443 }, caBundle: 'eA==' });
    expect(other.status).toEqual({});
    expect(created(RESOURCE, api()).status?.conditions).toEqual([
      {
        type: 'Available',
        status: 'True',
        lastTransitionTime: '2024-05-05T01:02:03Z',
        reason: 'Local',
        message: 'Local APIServices are always available',
      },
    ]);
  });

  it.each<[object, string | undefined, string]>([
    [{}, 'x', 'metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.metrics.example.com"'],
    [
      { group: '', version: 'v2' },
      'v2.',
      'spec.group: Required value: only v1 may have an empty group and it better be legacy kube',
    ],
    [
      { groupPriorityMinimum: 0 },
      undefined,
      'spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000',
    ],
    [
      { groupPriorityMinimum: 20_001 },
      undefined,
      'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000',
    ],
    [
      { versionPriority: 1001 },
      undefined,
      'spec.versionPriority: Invalid value: 1001: must be positive and less than 1000',
    ],
    [
      { caBundle: 'eHk=' },
      undefined,
      'spec.caBundle: Invalid value: "2 bytes": local APIServices may not have a caBundle',
    ],
    [
      { insecureSkipTLSVerify: true },
      undefined,
      'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
    ],
    [{ service: { name: 'x' } }, undefined, 'spec.service.namespace: Required value'],
    [{ service: { namespace: 'x' } }, undefined, 'spec.service.name: Required value'],
    [
      { service: { ...service, port: 0 } },
      undefined,
      'spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
    ],
    [
      { service, insecureSkipTLSVerify: true, caBundle: 'eA==' },
      undefined,
      'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present',
    ],
  ])('is refused with %j (named %s)', (spec, name, text) => {
    expect(causes(spec, name)).toEqual([text]);
  });

  it('has a version and a group that can be in a path', () => {
    expect(causes({ version: 'V1' }, 'V1.metrics.example.com')).toEqual([
      expect.stringMatching(/^spec\.version: Invalid value: "V1": a DNS-1035 label/),
    ]);
    expect(causes({ group: 'A' }, 'v1.A')).toEqual([
      expect.stringMatching(/^spec\.group: Invalid value: "A": a lowercase/),
    ]);
  });

  it('has by its status conditions that are so, or not, or unknown, and nothing else', () => {
    const before = created(RESOURCE, api({ service }));
    const write = (status: string) =>
      admitUpdate(
        builtIn(RESOURCE),
        'status',
        before,
        {
          ...before,
          metadata: { ...before.metadata, labels: { a: 'b' } },
          spec: {},
          status: { conditions: [{ type: 'Available', status }] },
        },
        admission(),
      );
    expect(causesOf(write('x'))).toEqual([
      'status.conditions[0].status: Unsupported value: "x": supported values: "False", "True", "Unknown"',
    ]);
    const after = valueOf(write('False'));
    expect(after).toEqual({ ...before, status: { conditions: [{ type: 'Available', status: 'False' }] } });
  });
});
