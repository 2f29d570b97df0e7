import type { ObjectOf } from '@shiplog/contracts';
import { decideSigning, REQUESTS, signed, failed } from './decide';
import type { RequestedIdentity } from './signers';

const YEAR = 31_536_000;
const CLIENT = 'kubernetes.io/kube-apiserver-client';
const KUBELET = 'kubernetes.io/kube-apiserver-client-kubelet';
const SERVING = 'kubernetes.io/kubelet-serving';
const APPROVED = [{ type: 'Approved', status: 'True' }];

const identity = (more: Partial<RequestedIdentity> = {}): RequestedIdentity => ({
  commonName: 'jane',
  organizations: [],
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  uris: [],
  ...more,
});
const node = (more: Partial<RequestedIdentity> = {}) =>
  identity({ commonName: 'system:node:minion-1', organizations: ['system:nodes'], ...more });
const request = (spec: object = {}, status: object = { conditions: APPROVED }) =>
  ({
    metadata: { name: 'jane', uid: 'u', resourceVersion: '7' },
    spec: { request: '', signerName: CLIENT, usages: ['client auth'], ...spec },
    status,
  }) as ObjectOf<typeof REQUESTS>;
const decide = (spec: object, who = identity()) => decideSigning(request(spec), who, YEAR);

describe('a request for a certificate', () => {
  it.each([
    [undefined, YEAR],
    [3600, 3600],
    [1, 600],
    [2 * YEAR, YEAR],
  ])('that asks for %s seconds is signed for %s', (expirationSeconds, seconds) => {
    expect(decide({ expirationSeconds })).toEqual({ kind: 'sign', seconds });
  });

  it.each<[string, object, object]>([
    ['is not decided', {}, {}],
    ['is denied', {}, { conditions: [...APPROVED, { type: 'Denied', status: 'True' }] }],
    ['has failed', {}, { conditions: [...APPROVED, { type: 'Failed', status: 'True' }] }],
    ['has its certificate', {}, { conditions: APPROVED, certificate: 'x' }],
    ['is for another signer', { signerName: 'example.com/mine' }, { conditions: APPROVED }],
  ])('is left alone when it %s', (_, spec, status) => {
    expect(decideSigning(request(spec, status), identity(), YEAR)).toEqual({ kind: 'none' });
  });

  it.each<[string, object, RequestedIdentity, string]>([
    [
      'cert sign',
      { usages: ['client auth', 'cert sign'] },
      identity(),
      'invalid usage for client certificate: cert sign',
    ],
    [
      'no client auth',
      { usages: ['digital signature'] },
      identity(),
      'missing required usage for client certificate: client auth',
    ],
    [
      'all rights',
      {},
      identity({ organizations: ['system:masters'] }),
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    ],
    ['no node', { signerName: KUBELET }, identity(), 'subject organization is not system:nodes'],
    [
      'a node of two groups',
      { signerName: KUBELET },
      node({ organizations: ['system:nodes', 'system:masters'] }),
      'subject organization is not system:nodes',
    ],
    [
      'another name',
      { signerName: KUBELET },
      node({ commonName: 'jane' }),
      'subject common name does not begin with system:node:',
    ],
    ['names of a client', { signerName: KUBELET }, node({ dnsNames: ['a'] }), 'DNS subjectAltNames are not allowed'],
    [
      'addresses of a client',
      { signerName: KUBELET },
      node({ ipAddresses: ['1.2.3.4'] }),
      'IP subjectAltNames are not allowed',
    ],
    [
      'usages of a server',
      { signerName: KUBELET, usages: ['digital signature', 'server auth'] },
      node(),
      'usages did not match [client auth digital signature]',
    ],
    ['no name of a server', { signerName: SERVING }, node(), 'DNS or IP subjectAltName is required'],
    [
      'mail of a server',
      { signerName: SERVING },
      node({ dnsNames: ['a'], emailAddresses: ['a@b'] }),
      'Email subjectAltNames are not allowed',
    ],
    [
      'a path of a server',
      { signerName: SERVING },
      node({ dnsNames: ['a'], uris: ['x://y'] }),
      'URI subjectAltNames are not allowed',
    ],
  ])('fails for %s', (_, spec, who, message) => {
    expect(decide(spec, who)).toEqual({ kind: 'failed', message });
  });

  it('of a node is signed as a client and as a server', () => {
    const client = { signerName: KUBELET, usages: ['digital signature', 'key encipherment', 'client auth'] };
    const server = { signerName: SERVING, usages: ['digital signature', 'server auth'] };
    expect([decide(client, node()), decide(server, node({ ipAddresses: ['10.0.0.1'] }))]).toMatchObject([
      { kind: 'sign' },
      { kind: 'sign' },
    ]);
  });

  it('fails when it says nothing that could be signed', () => {
    expect(decideSigning(request(), { problem: 'broken' }, YEAR)).toEqual({ kind: 'failed', message: 'broken' });
  });

  it('is answered in its status, unless somebody else has changed it', () => {
    const patch = (status: object) => ({
      commands: [
        {
          type: 'PatchObject',
          data: expect.objectContaining({
            subresource: 'status',
            patch: { metadata: { uid: 'u', resourceVersion: '7' }, status },
          }) as object,
        },
      ],
    });
    expect(signed(request(), 'PEM')).toEqual(patch({ certificate: Buffer.from('PEM').toString('base64') }));
    const failure = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: 'no' };
    expect(failed(request(), 'no')).toEqual(patch({ conditions: [...APPROVED, failure] }));
  });
});
