import { FLOW_DEFAULTS } from '@shiplog/admission';
import type { FlowSchema } from '@shiplog/contracts';
import { distinguisherOf, inOrder, schemaOf, type FlowRequest } from './classify';

const ORDERED = inOrder(FLOW_DEFAULTS.schemas);
const request = (name: string, groups: string[], more: Partial<FlowRequest> = {}): FlowRequest => ({
  user: { name, groups },
  verb: 'get',
  path: '/',
  resource: { group: '', name: 'pods', namespace: 'default' },
  ...more,
});
const lease = (verb: string, namespace = 'kube-system') => ({
  verb,
  resource: { group: 'coordination.k8s.io', name: 'leases', namespace },
});
const ACCOUNT = 'system:serviceaccount:kube-system:robot';

describe('the schema of a request', () => {
  it.each<[string, FlowRequest, string]>([
    ['an administrator', request('admin', ['system:masters']), 'exempt'],
    ['a user', request('jane', []), 'global-default'],
    ['a user, of no resource', request('jane', [], { resource: undefined, path: '/openapi/v2' }), 'global-default'],
    ['nobody known', request('system:anonymous', ['system:unauthenticated']), 'global-default'],
    ['who looks whether it is well', request('jane', [], { resource: undefined, path: '/readyz' }), 'probes'],
    ['a node', request('system:node:a', ['system:nodes']), 'system-nodes'],
    [
      'a node that says how it is',
      request('system:node:a', ['system:nodes'], {
        verb: 'patch',
        resource: { group: '', name: 'nodes/status', namespace: '' },
      }),
      'system-node-high',
    ],
    ['a scheduler', request('system:kube-scheduler', []), 'kube-scheduler'],
    ['a scheduler that wants to lead', request('system:kube-scheduler', [], lease('update')), 'system-leader-election'],
    ['an account of the system', request(ACCOUNT, ['system:serviceaccounts']), 'kube-system-service-accounts'],
    [
      'an account of the system that wants to lead',
      request(ACCOUNT, ['system:serviceaccounts'], lease('update')),
      'system-leader-election',
    ],
    [
      'one that wants to lead elsewhere',
      request(ACCOUNT, ['system:serviceaccounts'], lease('update', 'x')),
      'workload-leader-election',
    ],
    ['another account', request('system:serviceaccount:x:robot', ['system:serviceaccounts']), 'service-accounts'],
  ])('of %s', (_title, asked, name) => {
    // prettier-ignore
    expect(schemaOf(ORDERED, asked)?.metadata.name).toBe(name);
  });

  it('is the first by precedence, then by name', () => {
    const schema = (name: string, matchingPrecedence: number): FlowSchema => ({
      ...(FLOW_DEFAULTS.schemas[0] as FlowSchema),
      metadata: { name },
      spec: { priorityLevelConfiguration: { name: 'x' }, matchingPrecedence },
    });
    const names = inOrder([schema('c', 2), schema('b', 1), schema('a', 2)]).map(({ metadata }) => metadata.name);
    expect(names).toEqual(['b', 'a', 'c']);
  });

  it('tells flows apart by user, by namespace or not at all', () => {
    const of = (name: string) => FLOW_DEFAULTS.schemas.find(({ metadata }) => metadata.name === name) as FlowSchema;
    expect(distinguisherOf(of('global-default'), request('jane', []))).toBe('jane');
    expect(distinguisherOf(of('kube-scheduler'), request('x', []))).toBe('default');
    expect(distinguisherOf(of('probes'), request('x', []))).toBe('');
  });
});
