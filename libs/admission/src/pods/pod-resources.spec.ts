import { builtIn, type Container, type PodSpec } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { aPod, admission, causesOf, valueOf } from '../testing/builders';

const create = (spec: Partial<PodSpec>) => admitCreate(builtIn('pods'), aPod(spec), admission());
const app = (resources: Container['resources'] = {}): Container => ({ name: 'app', image: 'nginx:1.27', resources });
const both = { cpu: '1', memory: '1Gi' };

describe('a pod with amounts of its own', () => {
  it.each<[string, Partial<PodSpec>, object]>([
    ['its limits, where nobody asks', { resources: { limits: both } }, both],
    [
      'what its containers request together, before its limits',
      { containers: [app({ requests: { cpu: '100m' } })], resources: { limits: both } },
      { cpu: '100m', memory: '1Gi' },
    ],
    ['what it says', { resources: { limits: both, requests: { cpu: '500m' } } }, { cpu: '500m', memory: '1Gi' }],
  ])('requests %s', (_, spec, requests) => {
    const admitted = valueOf(create(spec));
    expect((admitted['spec'] as PodSpec).resources?.requests).toEqual(requests);
  });

  it.each([
    ['Guaranteed', { limits: both }],
    ['Burstable', { limits: both, requests: { cpu: '500m' } }],
    ['Burstable', { requests: { memory: '1Gi' } }],
  ])('is %s with %j, whatever its containers ask for', (qosClass, resources) => {
    expect(valueOf(create({ resources }))['status']).toMatchObject({ qosClass });
  });

  it.each<[Partial<PodSpec>, string]>([
    [
      { containers: [app({ requests: { cpu: '2' } })], resources: { requests: { cpu: '1' } } },
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
    ],
    [
      {
        containers: [app({ limits: { memory: '2Gi' }, requests: { memory: '1Gi' } })],
        resources: { limits: { memory: '1Gi' } },
      },
      'spec.resources.containers[0][memory].limits: Invalid value: "2Gi": must be less than or equal to pod limits of 1Gi',
    ],
    [
      { resources: { limits: { 'ephemeral-storage': '1Gi' } } },
      'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
    ],
    [
      { resources: { claims: [{ name: 'gpu' }] } },
      'spec.resources.claims: Forbidden: claims cannot be set for Resources at pod-level',
    ],
  ])('is refused where its containers do not fit in, or it may not have that: %j', (spec, cause) => {
    expect(causesOf(create(spec))).toEqual([cause]);
  });

  it.each(['requests', 'limits'] as const)(
    'holds %s of containers that are called like a field of every object',
    (kind) => {
      const status = create({ containers: [app({ [kind]: { constructor: '1' } })], resources: { [kind]: both } });
      expect(causesOf(status)).toContain(
        `spec.containers[0].resources.${kind}[constructor]: Invalid value: "constructor": must be a standard resource for containers`,
      );
    },
  );
});
