import type { ObjectOf, PodSpec } from '@shiplog/contracts';
import type { AdmissionContext } from '../context';
import type { Draft } from '../kinds/kind';
import { mountAccountToken } from './account-token';
import { isMirror } from './annotations';
import { referencesOf } from './references';

/** Present in every namespace, or about to be: who makes a namespace and a pod in it must not have to wait. */
const DEFAULT_ACCOUNT = 'default';
/** An account that says so lends its pods only the secrets that it names. */
const ENFORCE = 'kubernetes.io/enforce-mountable-secrets';
const GO_TRUE = new Set(['1', 't', 'T', 'true', 'True', 'TRUE']);

/**
 * What Kubernetes' service account admission fills in: the default account, and the account's token and pull secrets. A mirror
 * of a pod that a node runs by itself stays as the node says it is.
 */
export function runAsAccount(pod: Draft<'pods'>, spec: PodSpec, context: AdmissionContext): void {
  if (isMirror(pod.metadata)) return;
  spec.serviceAccountName ??= DEFAULT_ACCOUNT;
  spec.serviceAccount = spec.serviceAccountName;
  const account = accountOf(pod, spec, context);
  mountAccountToken(spec, account, context.seed);
  if ((spec.imagePullSecrets ?? []).length > 0) return;
  const secrets = account?.imagePullSecrets ?? [];
  if (secrets.length > 0) spec.imagePullSecrets = secrets.map(({ name }) => ({ name }));
}

/** Why Kubernetes' service account admission forbids a pod; undefined when it doesn't. */
export function accountProblem(pod: Draft<'pods'>, spec: PodSpec, context: AdmissionContext): string | undefined {
  if (isMirror(pod.metadata)) return mirrorProblem(pod, spec);
  const { namespace = '' } = pod.metadata;
  const name = spec.serviceAccountName ?? DEFAULT_ACCOUNT;
  const account = accountOf(pod, spec, context);
  if (account !== undefined)
    return GO_TRUE.has(account.metadata.annotations?.[ENFORCE] ?? '') ? secretProblem(spec, account) : undefined;
  if (name === DEFAULT_ACCOUNT) return undefined;
  return `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
}

type Account = ObjectOf<'serviceaccounts'>;

function accountOf(pod: Draft<'pods'>, spec: PodSpec, { state }: AdmissionContext): Account | undefined {
  const { namespace = '' } = pod.metadata;
  return state.get('serviceaccounts', namespace, spec.serviceAccountName ?? DEFAULT_ACCOUNT);
}

function mirrorProblem(pod: Draft<'pods'>, spec: PodSpec): string | undefined {
  if (spec.serviceAccountName !== undefined) return 'a mirror pod may not reference service accounts';
  for (const reference of referencesOf(pod)) {
    if (reference.startsWith('secrets/')) return 'a mirror pod may not reference secrets';
  }
  const sources = (spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  const usesToken = sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined);
  return usesToken ? 'a mirror pod may not use ServiceAccountToken volume projections' : undefined;
}

/** limitSecretReferences: what volumes, variables and pulls take must be the account's. */
function secretProblem(spec: PodSpec, account: Account): string | undefined {
  const name = account.metadata.name;
  const mountable = new Set((account.secrets ?? []).map((secret) => secret.name));
  const description = `is not allowed because service account ${name} does not reference that`;
  for (const { secret } of spec.volumes ?? []) {
    if (secret !== undefined && !mountable.has(secret.secretName)) {
      return `volume with secret.secretName="${secret.secretName}" ${description} secret`;
    }
  }
  const groups = [
    ['init container', spec.initContainers],
    ['container', spec.containers],
  ] as const;
  for (const [kind, containers = []] of groups) {
    for (const container of containers) {
      const variable = container.env?.find(
        ({ valueFrom }) => valueFrom?.secretKeyRef !== undefined && !mountable.has(valueFrom.secretKeyRef.name),
      );
      if (variable === undefined) continue;
      const taken = `referencing secret.secretName="${variable.valueFrom?.secretKeyRef?.name}"`;
      return `${kind} ${container.name} with envVar ${variable.name} ${taken} ${description} secret`;
    }
  }
  const pulls = new Set((account.imagePullSecrets ?? []).map((secret) => secret.name));
  const wrong = (spec.imagePullSecrets ?? []).findIndex((secret) => !pulls.has(secret.name));
  if (wrong < 0) return undefined;
  return `imagePullSecrets[${wrong}].name="${spec.imagePullSecrets?.[wrong]?.name}" ${description} imagePullSecret`;
}
