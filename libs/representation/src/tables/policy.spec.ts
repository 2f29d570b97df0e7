import type { BuiltIn, StoredObject } from '@shiplog/contracts';
import { versioned } from '../../../apimachinery/src/testing/objects';
import { tableOf } from './table';

const options = { now: Date.parse('2026-01-01T01:00:00Z'), includeObject: 'None', metadata: {} } as const;
const object = (fields: object, metadata: object = {}): StoredObject => ({
  apiVersion: 'v1',
  kind: 'K',
  ...fields,
  metadata: { name: 'x', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
});
const admission = <const P extends string>(plural: P) => `${plural}.admissionregistration.k8s.io` as const;

const request = (status: object) => object({ spec: { signerName: 'a.b/c', username: 'jane' }, status });
const condition = (type: string) => ({ type, status: 'True' });
const subject = (kind: string, name: string, namespace?: string) => ({ kind, name, namespace });
const claim = (status: object, metadata = {}) => object({ spec: {}, status }, metadata);

const CASES: [BuiltIn, StoredObject, (string | number)[]][] = [
  [
    'rolebindings.rbac.authorization.k8s.io',
    object({
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        subject('User', 'a'),
        subject('User', 'b'),
        subject('Group', 'g'),
        subject('ServiceAccount', 's', 'n'),
        subject('ServiceAccount', 't'),
      ],
    }),
    ['x', 'Role/r', '60m', 'a, b', 'g', 'n/s, t'],
  ],
  [
    'clusterrolebindings.rbac.authorization.k8s.io',
    object({ roleRef: { kind: 'ClusterRole', name: 'r' } }),
    ['x', 'ClusterRole/r', '60m', '', '', ''],
  ],
  [
    'certificatesigningrequests.certificates.k8s.io',
    object({ spec: { signerName: 'a.b/c', username: 'jane', expirationSeconds: 7200 }, status: {} }),
    ['x', '60m', 'a.b/c', 'jane', '120m', 'Pending'],
  ],
  [
    'certificatesigningrequests.certificates.k8s.io',
    request({ conditions: [condition('Approved')], certificate: 'eA==' }),
    ['x', '60m', 'a.b/c', 'jane', '<none>', 'Approved,Issued'],
  ],
  [
    'certificatesigningrequests.certificates.k8s.io',
    request({ conditions: [condition('Denied'), condition('Failed')] }),
    ['x', '60m', 'a.b/c', 'jane', '<none>', 'Denied,Failed'],
  ],
  [
    'flowschemas.flowcontrol.apiserver.k8s.io',
    object({
      spec: {
        priorityLevelConfiguration: { name: 'p' },
        matchingPrecedence: 9,
        distinguisherMethod: { type: 'ByUser' },
      },
      status: { conditions: [{ type: 'Dangling', status: 'False' }] },
    }),
    ['x', 'p', 9, 'ByUser', '60m', 'False'],
  ],
  [
    'flowschemas.flowcontrol.apiserver.k8s.io',
    object({ spec: { priorityLevelConfiguration: { name: 'p' }, matchingPrecedence: 9 } }),
    ['x', 'p', 9, '<none>', '60m', '?'],
  ],
  [
    'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
    object({
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 5,
          limitResponse: { queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
        },
      },
    }),
    ['x', 'Limited', 5, 64, 8, 50, '60m'],
  ],
  [
    'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
    object({ spec: { type: 'Exempt', exempt: {} } }),
    ['x', 'Exempt', '<none>', '<none>', '<none>', '<none>', '60m'],
  ],
  [admission('mutatingwebhookconfigurations'), object({ webhooks: [{}, {}] }), ['x', 2, '60m']],
  [admission('validatingwebhookconfigurations'), object({}), ['x', 0, '60m']],
  [
    admission('validatingadmissionpolicies'),
    object({ spec: { validations: [{}], paramKind: { apiVersion: 'a/v1', kind: 'K' } } }),
    ['x', 1, 'a/v1/K', '60m'],
  ],
  [admission('mutatingadmissionpolicies'), object({ spec: { mutations: [{}] } }), ['x', 1, '<unset>', '60m']],
  [
    admission('validatingadmissionpolicybindings'),
    object({ spec: { policyName: 'p', paramRef: { name: 'n', namespace: 'ns' } } }),
    ['x', 'p', 'ns/n', '60m'],
  ],
  [
    admission('validatingadmissionpolicybindings'),
    object({ spec: { policyName: 'p', paramRef: { name: 'n' } } }),
    ['x', 'p', '*/n', '60m'],
  ],
  [
    admission('mutatingadmissionpolicybindings'),
    object({
      spec: {
        policyName: 'p',
        paramRef: {
          selector: {
            matchLabels: { b: '2', a: '1' },
            matchExpressions: [{ key: 'c', operator: 'In', values: ['d', 'e'] }],
          },
        },
      },
    }),
    [
      'x',
      'p',
      '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{' +
        'LabelSelectorRequirement{Key:c,Operator:In,Values:[d e],},},}',
      '60m',
    ],
  ],
  [admission('mutatingadmissionpolicybindings'), object({ spec: { policyName: 'p' } }), ['x', 'p', '<unset>', '60m']],
  [
    'apiservices.apiregistration.k8s.io',
    object({ spec: {}, status: { conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] } }),
    ['x', 'Local', 'True', '60m'],
  ],
  [
    'apiservices.apiregistration.k8s.io',
    object({
      spec: { service: { namespace: 'n', name: 's' } },
      status: { conditions: [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }] },
    }),
    ['x', 'n/s', 'False (MissingEndpoints)', '60m'],
  ],
  ['deviceclasses.resource.k8s.io', object({ spec: {} }), ['x', '60m']],
  ['resourceclaimtemplates.resource.k8s.io', object({ spec: {} }), ['x', '60m']],
  ['resourceclaims.resource.k8s.io', claim({}), ['x', 'pending', '60m']],
  ['resourceclaims.resource.k8s.io', claim({ allocation: {} }), ['x', 'allocated', '60m']],
  [
    'resourceclaims.resource.k8s.io',
    claim({ allocation: {}, reservedFor: [{}] }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    ['x', 'deleted,allocated,reserved', '60m'],
  ],
  [
    'resourceslices.resource.k8s.io',
    object({ spec: { nodeName: 'n', driver: 'd', pool: { name: 'p' } } }),
    ['x', 'n', 'd', 'p', '60m'],
  ],
];

describe('the tables of rights, requests, policies and devices', () => {
  it.each(CASES)('show one of %s as kubectl does on Kubernetes', (resource, given, cells) => {
    const table = tableOf(versioned(resource), [given], options);
    expect(table.rows[0]?.cells).toEqual(cells);
    expect(table.columnDefinitions).toHaveLength(cells.length);
  });
});
