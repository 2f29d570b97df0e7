import type { AnyCommand } from '@shiplog/contracts';
import { readManifests } from '@shiplog/testing';
import { TestCluster } from '../../testing/cluster';
import { REQUESTS, type ReadRequest } from '../certificates/decide';
import { certificateApprovalController } from './controller';

const BINDINGS = 'clusterrolebindings.rbac.authorization.k8s.io';
const ROLES = 'clusterroles.rbac.authorization.k8s.io';
const KUBELET = 'kubernetes.io/kube-apiserver-client-kubelet';

const node: ReadRequest = {
  commonName: 'system:node:minion-1',
  organizations: ['system:nodes'],
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  uris: [],
};

describe('a request of a kubelet', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
  });
  afterEach(() => cluster.stop());

  const ask = async (read: ReadRequest, right: string | undefined, spec: object = {}, actor = 'jane') => {
    if (right !== undefined) {
      const rules = [
        { apiGroups: ['certificates.k8s.io'], resources: [`certificatesigningrequests/${right}`], verbs: ['create'] },
      ];
      await cluster.create(ROLES, { metadata: { name: right }, rules });
      const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: actor }];
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: right };
      await cluster.create(BINDINGS, { metadata: { name: right }, subjects, roleRef });
    }
    cluster.run(certificateApprovalController(() => Promise.resolve(read)));
    const { request } = readManifests().find(({ kind }) => kind === 'CertificateSigningRequest')!.spec as {
      request: string;
    };
    const usages = ['digital signature', 'client auth'];
    const object = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'csr' },
      spec: { request, signerName: KUBELET, usages, ...spec },
    };
    const data = { resource: REQUESTS, namespace: '', object } as const;
    await cluster.command({ id: cluster.newCommandId(), actor, type: 'CreateObject', data } as AnyCommand);
    await cluster.settle();
    return cluster.journal.get(REQUESTS, '', 'csr')?.status?.conditions;
  };

  it('is approved for who may bring nodes in', async () => {
    expect(await ask(node, 'nodeclient')).toMatchObject([
      {
        type: 'Approved',
        status: 'True',
        reason: 'AutoApproved',
        message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
      },
    ]);
  });

  it('is approved for itself', async () => {
    expect(await ask(node, 'selfnodeclient', {}, 'system:node:minion-1')).toMatchObject([
      { message: 'Auto approving self kubelet client certificate after SubjectAccessReview.' },
    ]);
  });

  it.each<[string, ReadRequest, string | undefined, object]>([
    ['by who has no right to it', node, undefined, {}],
    ['by who may ask for its own name only', node, 'selfnodeclient', {}],
    ['for who is no node', { ...node, organizations: [] }, 'nodeclient', {}],
    ['for other usages', node, 'nodeclient', { usages: ['client auth', 'server auth'] }],
    ['to serve', node, 'nodeclient', { signerName: 'kubernetes.io/kubelet-serving' }],
    ['that can not be read', { problem: 'broken' }, 'nodeclient', {}],
  ])('waits for a decision when it is made %s', async (_that, read, right, spec) => {
    expect((await ask(read, right, spec)) ?? []).toEqual([]);
  });
});
