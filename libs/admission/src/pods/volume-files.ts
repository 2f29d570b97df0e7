import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '@shiplog/contracts';
import { type Problems } from '@shiplog/apimachinery';
import { isOfAccount } from './account-token';
import { validateFieldRef, validateResourceFieldRef } from './field-refs';
import { validateFilePath } from './paths';

const DOWNWARD_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

/** Permission bits, and no others. */
export function validateMode(mode: number | undefined, at: string, problems: Problems): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) {
    problems.invalid(at, mode, 'must be a number between 0 and 0777 (octal), both inclusive');
  }
}

/** The files that keys of a Secret or ConfigMap become. */
export function validateKeyPaths(items: readonly KeyToPath[] | undefined, at: string, problems: Problems): void {
  items?.forEach(({ key, path, mode }, i) => {
    const here = `${at}.items[${i}]`;
    if (key === '') problems.required(`${here}.key`);
    if (path === '') problems.required(`${here}.path`);
    validateFilePath(path, `${here}.path`, problems);
    validateMode(mode, `${here}.mode`, problems);
  });
}

/** Files of what a pod may know of itself. Kubernetes does not say which of them is wrong. */
export function validateDownwardFiles(
  files: readonly DownwardAPIVolumeFile[] | undefined,
  at: string,
  problems: Problems,
): void {
  for (const { path, fieldRef, resourceFieldRef, mode } of files ?? []) {
    if (path === '') problems.required(`${at}.path`);
    validateFilePath(path, `${at}.path`, problems);
    if (fieldRef !== undefined) {
      validateFieldRef(fieldRef, DOWNWARD_FIELDS, `${at}.fieldRef`, problems);
      if (resourceFieldRef !== undefined) {
        problems.invalid(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously');
      }
    } else if (resourceFieldRef !== undefined) {
      validateResourceFieldRef(resourceFieldRef, 'volume', `${at}.resourceFieldRef`, problems);
    } else problems.required(at, 'one of fieldRef and resourceFieldRef is required');
    validateMode(mode, `${at}.mode`, problems);
  }
}

/** Several sources in one directory: each of one kind, and no two files in the same place. */
export function validateProjected(projected: ProjectedVolumeSource, at: string, problems: Problems): void {
  // Nearly every pod has these, and their check cost more than that of all else in a small pod.
  if (isOfAccount(projected)) return;
  const { defaultMode, sources } = projected;
  validateMode(defaultMode, `${at}.defaultMode`, problems);
  const taken = new Set<string>();
  sources?.forEach((source, i) => {
    const here = `${at}.sources[${i}]`;
    validateProjection(source, here, at, problems);
    for (const [path, owner] of pathsOf(source)) {
      if (path === '') continue;
      if (taken.has(path)) problems.invalid(at, owner, 'conflicting duplicate paths');
      taken.add(path);
    }
    if (Object.keys(source).length > 1) problems.forbidden(here, 'may not specify more than 1 volume type');
  });
}

function validateProjection(source: VolumeProjection, at: string, volumeAt: string, problems: Problems): void {
  const { secret, configMap, downwardAPI, serviceAccountToken: token, clusterTrustBundle: bundle } = source;
  for (const [field, from] of Object.entries({ secret, configMap })) {
    if (from === undefined) continue;
    if (from.name === undefined) problems.required(`${at}.${field}.name`);
    validateKeyPaths(from.items, `${at}.${field}`, problems);
  }
  validateDownwardFiles(downwardAPI?.items, `${at}.downwardAPI`, problems);
  if (token !== undefined) validateToken(token, `${at}.serviceAccountToken`, volumeAt, problems);
  if (bundle !== undefined) validateBundle(bundle, `${at}.clusterTrustBundlePEM`, problems);
}

/** Each file that a source makes, and whose it is in Kubernetes' words. A token's may be another's: it then wins. */
function pathsOf({ secret, configMap, downwardAPI, clusterTrustBundle }: VolumeProjection): [string, string][] {
  const keys = [secret, configMap].flatMap((from) => (from?.items ?? []).map(({ path }) => [path, from?.name ?? '']));
  const files = (downwardAPI?.items ?? []).map(({ path }) => [path, path]);
  const bundles = clusterTrustBundle === undefined ? [] : [[clusterTrustBundle.path, clusterTrustBundle.path]];
  return [...keys, ...files, ...bundles] as [string, string][];
}

function validateToken(
  { expirationSeconds = MIN_TOKEN_SECONDS, path }: ServiceAccountTokenProjection,
  at: string,
  volumeAt: string,
  problems: Problems,
): void {
  if (expirationSeconds < MIN_TOKEN_SECONDS) {
    const rule = 'may not specify a duration less than 10 minutes';
    problems.invalid(`${at}.expirationSeconds`, expirationSeconds, rule);
  }
  if (expirationSeconds > MAX_TOKEN_SECONDS) {
    const rule = 'may not specify a duration larger than 2^32 seconds';
    problems.invalid(`${at}.expirationSeconds`, expirationSeconds, rule);
  }
  if (path === '') problems.required(`${volumeAt}.path`);
  else validateFilePath(path, `${volumeAt}.path`, problems);
}

type TrustBundle = NonNullable<VolumeProjection['clusterTrustBundle']>;

function validateBundle(bundle: TrustBundle, at: string, problems: Problems): void {
  const { name, signerName, labelSelector, path } = bundle;
  if (name !== undefined && signerName !== undefined) {
    problems.invalid(at, bundle, 'only one of name and signerName may be used');
  } else if (name === undefined && signerName === undefined) {
    problems.required(at, 'either name or signerName must be specified');
  } else if (name !== undefined && labelSelector !== undefined) {
    problems.invalid(`${at}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified');
  }
  if (path === '') problems.required(`${at}.path`);
  validateFilePath(path, `${at}.path`, problems);
}
