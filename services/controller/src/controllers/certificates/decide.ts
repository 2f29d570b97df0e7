import type { CertificateSigningRequest, ObjectOf } from '@shiplog/contracts';
import { patchOf } from '@shiplog/kube';
import type { ReconcileResult } from '../../runtime/domain/controller';
import { SIGNERS, type RequestedIdentity } from './signers';

export const REQUESTS = 'certificatesigningrequests.certificates.k8s.io';
type Request = ObjectOf<typeof REQUESTS>;

/** Shorter ones are not made, in seconds. */
const SHORTEST = 600;

/** What a request says of who makes it; a sentence when it says nothing that could be signed. */
export type ReadRequest = RequestedIdentity | { readonly problem: string };

export type SigningDecision =
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'sign'; readonly seconds: number };

/** Whether a request waits to be signed by a signer that is known here. */
export function isOpen({ spec, status }: Pick<CertificateSigningRequest, 'spec' | 'status'>): boolean {
  const has = (type: string): boolean =>
    (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
  return (
    SIGNERS.has(spec.signerName) &&
    (status?.certificate ?? '') === '' &&
    has('Approved') &&
    !has('Denied') &&
    !has('Failed')
  );
}

/** @param longest how long a certificate is good, in seconds, that asks for no less */
export function decideSigning(request: Request, read: ReadRequest, longest: number): SigningDecision {
  if (!isOpen(request)) return { kind: 'none' };
  const { signerName, usages = [], expirationSeconds } = request.spec;
  const problem = 'problem' in read ? read.problem : SIGNERS.get(signerName)?.(read, usages);
  if (problem !== undefined) return { kind: 'failed', message: problem };
  return { kind: 'sign', seconds: Math.max(SHORTEST, Math.min(expirationSeconds ?? longest, longest)) };
}

/** Its certificate, as nobody else has changed the request meanwhile. */
export function signed(request: Request, certificate: string): ReconcileResult {
  return statusOf(request, { certificate: Buffer.from(certificate).toString('base64') });
}

/** A request that its signer can not sign: for good. */
export function failed(request: Request, message: string): ReconcileResult {
  const failure = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message };
  return statusOf(request, { conditions: [...(request.status?.conditions ?? []), failure] });
}

function statusOf(request: Request, status: object): ReconcileResult {
  return {
    commands: [patchOf(REQUESTS, request, { status }, { subresource: 'status', patchType: 'merge', asSeen: true })],
  };
}
