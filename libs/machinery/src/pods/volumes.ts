import type { Volume, VolumeMount } from '@shiplog/contracts';
import type { Problems } from '../problems';
import { dnsLabel } from '../values/names';
import { sourcesOf } from './defaults';

const HOST_PATH_TYPES = [
  '',
  'DirectoryOrCreate',
  'Directory',
  'FileOrCreate',
  'File',
  'Socket',
  'CharDevice',
  'BlockDevice',
];

/** Checks a pod's volumes and answers their names, for the mounts. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  at: string,
  problems: Problems,
): ReadonlySet<string> {
  const names = new Set<string>();
  volumes?.forEach((volume, i) => {
    const here = `${at}[${i}]`;
    const { name = '' } = volume;
    if (name === '') problems.required(`${here}.name`);
    else for (const wrong of dnsLabel(name)) problems.invalid(`${here}.name`, name, wrong);
    if (names.has(name)) problems.duplicate(`${here}.name`, name);
    names.add(name);
    const sources = sourcesOf(volume);
    for (const extra of sources.slice(1))
      problems.forbidden(`${here}.${extra}`, 'may not specify more than 1 volume type');
    validateSource(volume, here, problems);
  });
  return names;
}

function validateSource(volume: Volume, at: string, problems: Problems): void {
  const { hostPath, secret, configMap, persistentVolumeClaim: claim } = volume;
  if (hostPath !== undefined) {
    if ((hostPath.path ?? '') === '') problems.required(`${at}.hostPath.path`);
    else if (hostPath.path.split('/').includes('..'))
      problems.invalid(`${at}.hostPath.path`, hostPath.path, "must not contain '..'");
    if (!HOST_PATH_TYPES.includes(hostPath.type ?? '')) {
      problems.notSupported(`${at}.hostPath.type`, hostPath.type, HOST_PATH_TYPES);
    }
  }
  if (secret !== undefined) {
    if (secret.secretName === undefined) problems.required(`${at}.secret.secretName`);
    validateItems(secret.items, secret.defaultMode, `${at}.secret`, problems);
  }
  if (configMap !== undefined) {
    if (configMap.name === undefined) problems.required(`${at}.configMap.name`);
    validateItems(configMap.items, configMap.defaultMode, `${at}.configMap`, problems);
  }
  if (claim !== undefined && (claim.claimName ?? '') === '') problems.required(`${at}.persistentVolumeClaim.claimName`);
}

interface Item {
  key?: string;
  path?: string;
  mode?: number;
}

function validateItems(
  items: readonly Item[] | undefined,
  mode: number | undefined,
  at: string,
  problems: Problems,
): void {
  validateMode(mode, `${at}.defaultMode`, problems);
  items?.forEach((item, i) => {
    const here = `${at}.items[${i}]`;
    if ((item.key ?? '') === '') problems.required(`${here}.key`);
    if ((item.path ?? '') === '') problems.required(`${here}.path`);
    else validateInnerPath(item.path ?? '', `${here}.path`, problems);
    validateMode(item.mode, `${here}.mode`, problems);
  });
}

function validateMode(mode: number | undefined, at: string, problems: Problems): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) {
    problems.invalid(at, mode, 'must be a number between 0 and 0777 (octal), both inclusive');
  }
}

function validateInnerPath(path: string, at: string, problems: Problems): void {
  if (path.startsWith('/')) problems.invalid(at, path, 'must be a relative path');
  if (path.split('/').includes('..')) problems.invalid(at, path, "must not contain '..'");
}

/** Checks a container's mounts against the pod's volumes. */
export function validateMounts(
  mounts: readonly VolumeMount[] | undefined,
  volumes: ReadonlySet<string>,
  at: string,
  problems: Problems,
): void {
  const paths = new Set<string>();
  mounts?.forEach((mount, i) => {
    const here = `${at}[${i}]`;
    const { name = '', mountPath = '', subPath } = mount;
    if (name === '') problems.required(`${here}.name`);
    else if (!volumes.has(name)) problems.notFound(`${here}.name`, name);
    if (mountPath === '') problems.required(`${here}.mountPath`);
    if (paths.has(mountPath)) problems.invalid(`${here}.mountPath`, mountPath, 'must be unique');
    paths.add(mountPath);
    if (subPath !== undefined) validateInnerPath(subPath, `${here}.subPath`, problems);
  });
}
