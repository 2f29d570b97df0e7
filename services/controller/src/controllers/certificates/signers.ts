import { MASTERS, nodeActor, NODES } from '@shiplog/contracts';

/** What a request says of who makes it: all that signing depends on, as whoever reads requests gives it. */
export interface RequestedIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

/** Why a signer does not sign a request, in Kubernetes' words; undefined when it does. */
type Check = (identity: RequestedIdentity, usages: readonly string[]) => string | undefined;

const NODE_PREFIX = nodeActor('');

/** The signers of Kubernetes that sign with the authority of the api's clients. */
export const SIGNERS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['kubernetes.io/kube-apiserver-client', (identity, usages) => mastersProblem(identity) ?? clientProblem(usages)],
  [
    'kubernetes.io/kube-apiserver-client-kubelet',
    (identity, usages) =>
      nodeProblem(identity) ??
      (identity.dnsNames.length > 0 ? 'DNS subjectAltNames are not allowed' : undefined) ??
      (identity.ipAddresses.length > 0 ? 'IP subjectAltNames are not allowed' : undefined) ??
      otherNamesProblem(identity) ??
      exactUsagesProblem(usages, 'client auth'),
  ],
  [
    'kubernetes.io/kubelet-serving',
    (identity, usages) =>
      nodeProblem(identity) ??
      (identity.dnsNames.length + identity.ipAddresses.length === 0
        ? 'DNS or IP subjectAltName is required'
        : undefined) ??
      otherNamesProblem(identity) ??
      exactUsagesProblem(usages, 'server auth'),
  ],
]);

/** Nobody becomes who may do everything by a request, whoever approves it (CertificateSubjectRestriction). */
function mastersProblem({ organizations }: RequestedIdentity): string | undefined {
  return organizations.includes(MASTERS)
    ? `use of kubernetes.io/kube-apiserver-client signer with ${MASTERS} group is not allowed`
    : undefined;
}

function clientProblem(usages: readonly string[]): string | undefined {
  const other = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

function nodeProblem({ commonName, organizations }: RequestedIdentity): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== NODES) return `subject organization is not ${NODES}`;
  return commonName.startsWith(NODE_PREFIX) ? undefined : `subject common name does not begin with ${NODE_PREFIX}`;
}

function otherNamesProblem({ emailAddresses, uris }: RequestedIdentity): string | undefined {
  if (emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  return uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined;
}

function exactUsagesProblem(usages: readonly string[], needed: string): string | undefined {
  const must = ['digital signature', needed];
  const may = [...must, 'key encipherment'];
  const fits = must.every((usage) => usages.includes(usage)) && usages.every((usage) => may.includes(usage));
  return fits ? undefined : `usages did not match [${must.sort().join(' ')}]`;
}
