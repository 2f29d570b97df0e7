import type { KubeObject } from '@shiplog/contracts';
import { aController, aPod, aService, created, stored } from '../testing/builders';
import { soundObject } from './sound-object';

const SLICE = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  endpoints: [{ addresses: ['10.244.1.2'] }],
};
const NODE = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: { podCIDR: '10.244.1.0/24' } };
const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'default' }, data: { a: 'b' } };

/** An object of each kind, as it is stored, with some of it replaced. */
const samples = {
  pods: created('pods', aPod({ volumes: [{ name: 'data', emptyDir: {} }] })),
  services: created('services', aService({ type: 'NodePort', sessionAffinity: 'ClientIP' })),
  'endpointslices.discovery.k8s.io': created('endpointslices.discovery.k8s.io', SLICE),
  nodes: created('nodes', NODE),
  configmaps: created('configmaps', CONFIG),
  replicationcontrollers: created('replicationcontrollers', aController()),
};

function withField(resource: keyof typeof samples, path: string, value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(samples[resource])) as Record<string, unknown>;
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let at = copy;
  for (const step of steps) at = (at[step] ??= {}) as Record<string, unknown>;
  at[last] = value;
  return copy;
}

describe('a sound object', () => {
  it.each(Object.entries(samples))('is one of %s that was admitted', (resource, object) => {
    expect(soundObject(resource, object)).toBeUndefined();
  });

  it.each<[keyof typeof samples, string, unknown, string]>([
    ['pods', 'metadata.uid', '../../etc', 'metadata.uid: Invalid value: "../../etc"'],
    ['pods', 'metadata.uid', undefined, 'metadata.uid'],
    ['pods', 'metadata.name', '..', 'metadata.name: Invalid value: "..": may not be \'..\''],
    ['pods', 'metadata.name', 'a\nb', 'metadata.name'],
    ['pods', 'metadata.namespace', '../x', 'metadata.namespace'],
    ['pods', 'metadata.namespace', undefined, 'metadata.namespace'],
    ['pods', 'metadata', null, 'metadata must not be null'],
    ['pods', 'spec.containers.0.name', '../../x', 'spec.containers[0].name'],
    ['pods', 'spec.containers.0.ports', [{ containerPort: '80; reboot' }], 'containerPort of type int32'],
    [
      'pods',
      'spec.containers.0.ports',
      [{ containerPort: 80, hostPort: 70000 }],
      'spec.containers[0].ports[0].hostPort',
    ],
    ['pods', 'spec.containers.0.ports', [{ containerPort: 80, hostIP: '1.2.3.4; x' }], 'hostIP'],
    ['pods', 'spec.containers', [null], 'spec.containers[0] must not be null'],
    ['pods', 'spec.volumes.0.name', '../../../etc', 'spec.volumes[0].name'],
    ['pods', 'spec', 'none', 'cannot unmarshal string into Go struct field Pod.spec'],
    ['services', 'spec.ports.0.port', '80\nEND-OF-INPUT\nreboot', 'cannot unmarshal string'],
    ['services', 'spec.ports.0.port', 0, 'spec.ports[0].port'],
    ['services', 'spec.ports.0.port', 80.5, 'cannot unmarshal number 80.5'],
    ['services', 'spec.ports.0.nodePort', 99999, 'spec.ports[0].nodePort'],
    ['services', 'spec.ports.0.targetPort', '80 }; flush ruleset', 'spec.ports[0].targetPort'],
    ['services', 'spec.ports.0.protocol', 'tcp drop', 'spec.ports[0].protocol'],
    ['services', 'spec.clusterIP', '10.96.0.1 . tcp', 'spec.clusterIP'],
    ['services', 'spec.clusterIPs', ['10.96.0.1', 'fd00::1 }'], 'spec.clusterIPs[1]'],
    ['services', 'spec.externalIPs', ['1.2.3'], 'spec.externalIPs[0]'],
    ['services', 'spec.sessionAffinityConfig.clientIP.timeoutSeconds', 0, 'timeoutSeconds'],
    ['services', 'status.loadBalancer.ingress', [{ ip: 'x' }], 'status.loadBalancer.ingress[0].ip'],
    ['endpointslices.discovery.k8s.io', 'endpoints.0.addresses', ['10.0.0.1 }'], 'endpoints[0].addresses[0]'],
    ['endpointslices.discovery.k8s.io', 'endpoints.0.addresses', [], 'endpoints[0].addresses'],
    ['endpointslices.discovery.k8s.io', 'ports.0.port', '80', 'cannot unmarshal string'],
    ['endpointslices.discovery.k8s.io', 'ports.0.port', 65536, 'ports[0].port'],
    ['nodes', 'spec.podCIDR', 'wide; reboot', 'spec.podCIDRs'],
    ['nodes', 'spec.podCIDRs', ['10.244.1.0/24', '::/129'], 'spec.podCIDRs'],
    ['nodes', 'metadata.annotations', { a: 1 }, 'cannot unmarshal number'],
    ['nodes', 'metadata.namespace', 'default', 'metadata.namespace'],
    ['configmaps', 'data', { '../../x': 'y' }, 'data[../../x]'],
  ])('is none of %s whose %s is %p', (resource, path, value, wrong) => {
    expect(soundObject(resource, withField(resource, path, value))).toContain(wrong);
  });

  it('is none that is no object, or of another kind', () => {
    expect(soundObject('pods', null)).toBe('the object must not be null');
    expect(soundObject('pods', 'text')).toContain('must be of type Pod');
    expect(soundObject('pods', stored(aService() as KubeObject))).toContain('cannot be handled as a Pod');
  });

  it('is none when its reason would be a page: that is cut', () => {
    expect(soundObject('pods', withField('pods', 'metadata.uid', 'x'.repeat(5_000)))?.length).toBeLessThan(310);
  });
});
