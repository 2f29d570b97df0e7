import type { ReadonlyCluster } from '@shiplog/cluster';
import type { ObjectOf } from '@shiplog/contracts';
import { patchOf } from '@shiplog/kube';
import { SETTLED, type ReconcileResult } from '../../runtime/domain/controller';
import { REQUESTS, type ReadRequest } from '../certificates/decide';
import { SIGNERS } from '../certificates/signers';

type Request = ObjectOf<typeof REQUESTS>;

const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';

/** Whom a request is for: a right of its own lets it be made without anybody's decision. */
interface Recognized {
  readonly right: 'selfnodeclient' | 'nodeclient';
  readonly message: string;
}

/** Whether a request waits for a decision that may be made here. */
export function isUndecided({ spec, status = {} }: Request): boolean {
  const { certificate = '', conditions = [] } = status;
  const isDecided = conditions.some(({ type }) => type === 'Approved' || type === 'Denied');
  return certificate === '' && !isDecided && spec.signerName === KUBELET_CLIENT;
}

/**
 * Approves what kubelets ask for to reach the api, of whom has the right to ask (Kubernetes' csrapproving): a node for its own
 * name, and who may bring nodes in for any. Certificates that nodes serve with are somebody's to decide, as there.
 */
export function decideApproval(state: ReadonlyCluster, request: Request, read: ReadRequest): ReconcileResult {
  const recognized = recognize(request, read).find(({ right }) => mayAsk(state, request, right));
  if (recognized === undefined) return SETTLED;
  const approved = { type: 'Approved', status: 'True', reason: 'AutoApproved', message: recognized.message };
  const conditions = [...(request.status?.conditions ?? []), approved];
  const options = { subresource: 'approval', patchType: 'merge', asSeen: true } as const;
  return { commands: [patchOf(REQUESTS, request, { status: { conditions } }, options)] };
}

function recognize({ spec }: Request, read: ReadRequest): Recognized[] {
  if ('problem' in read) return [];
  const { signerName, usages = [], username } = spec;
  if (SIGNERS.get(signerName)?.(read, usages) !== undefined) return [];
  const any: Recognized = {
    right: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
  };
  const own: Recognized = {
    right: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  };
  return username === read.commonName ? [own, any] : [any];
}

function mayAsk(state: ReadonlyCluster, { spec }: Request, subresource: string): boolean {
  const { username = '', groups = [] } = spec;
  const resource = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', subresource };
  return state.rights().access({ user: { username, groups }, verb: 'create', ...resource }).allowed;
}
