import type { Container, Volume, VolumeDevice, VolumeMount } from '@shiplog/contracts';
import { type Problems } from '@shiplog/apimachinery';
import { hasBacksteps, validateDescendingPath } from './paths';

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE_READ_ONLY = ['Disabled', 'Enabled', 'IfPossible'];

export type VolumesByName = ReadonlyMap<string, Volume>;

/** Checks a container's mounts and block devices against the pod's volumes, and against each other. */
export function validateMounts(container: Container, volumes: VolumesByName, at: string, problems: Problems): void {
  const { volumeMounts: mounts = [], volumeDevices: devices = [] } = container;
  if (mounts.length === 0 && devices.length === 0) return;
  const paths = new Set<string>();
  const deviceNames = new Set(devices.map(({ name }) => name));
  const devicePaths = new Set(devices.map(({ devicePath }) => devicePath));
  mounts.forEach((mount, i) => {
    const here = `${at}.volumeMounts[${i}]`;
    const { name, mountPath } = mount;
    if (name === '') problems.required(`${here}.name`);
    else if (!volumes.has(name)) problems.notFound(`${here}.name`, name);
    if (mountPath === '') problems.required(`${here}.mountPath`);
    if (paths.has(mountPath)) problems.invalid(`${here}.mountPath`, mountPath, 'must be unique');
    paths.add(mountPath);
    if (deviceNames.has(name)) {
      problems.invalid(`${here}.name`, name, 'must not already exist in volumeDevices');
    }
    if (devicePaths.has(mountPath)) {
      problems.invalid(`${here}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices');
    }
    validateMount(mount, container, `${at}.volumeMounts`, i, problems);
  });
  validateDevices(devices, mounts, volumes, `${at}.volumeDevices`, problems);
}

/** Some of what is wrong with a mount Kubernetes says of the whole list. */
function validateMount(
  { subPath, subPathExpr, mountPropagation, ...mount }: VolumeMount,
  container: Container,
  at: string,
  index: number,
  problems: Problems,
): void {
  if (subPath !== undefined) validateDescendingPath(subPath, `${at}.subPath`, problems);
  if (subPathExpr !== undefined) {
    if (subPath !== undefined) {
      const rule = 'subPathExpr and subPath are mutually exclusive';
      problems.invalid(`${at}[${index}].subPathExpr`, subPathExpr, rule);
    }
    validateDescendingPath(subPathExpr, `${at}.subPathExpr`, problems);
  }
  problems.unlessOneOf(`${at}.mountPropagation`, mountPropagation, PROPAGATIONS);
  if (mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
    const rule = 'Bidirectional mount propagation is available only to privileged containers';
    problems.forbidden(`${at}.mountPropagation`, rule);
  }
  const { recursiveReadOnly } = mount;
  problems.unlessOneOf(`${at}.recursiveReadOnly`, recursiveReadOnly, RECURSIVE_READ_ONLY);
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible') return;
  if (mount.readOnly !== true) {
    problems.forbidden(`${at}.recursiveReadOnly`, 'may only be specified when readOnly is true');
  }
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    const rule = 'may only be specified when mountPropagation is None or not specified';
    problems.forbidden(`${at}.recursiveReadOnly`, rule);
  }
}

function validateDevices(
  devices: readonly VolumeDevice[],
  mounts: readonly VolumeMount[],
  volumes: VolumesByName,
  at: string,
  problems: Problems,
): void {
  const names = new Set<string>();
  const paths = new Set<string>();
  const mountNames = new Set(mounts.map(({ name }) => name));
  const mountPaths = new Set(mounts.map(({ mountPath }) => mountPath));
  devices.forEach(({ name, devicePath: path }, i) => {
    const nameAt = `${at}[${i}].name`;
    const pathAt = `${at}[${i}].devicePath`;
    const volume = volumes.get(name);
    if (name === '') problems.required(nameAt);
    if (names.has(name)) problems.invalid(nameAt, name, 'must be unique');
    names.add(name);
    if (volume === undefined) problems.notFound(nameAt, name);
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const rule = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      problems.invalid(nameAt, name, rule);
    }
    if (path === '') problems.required(pathAt);
    if (paths.has(path)) problems.invalid(pathAt, path, 'must be unique');
    if (hasBacksteps(path)) problems.invalid(pathAt, path, "can not contain backsteps ('..')");
    paths.add(path);
    if (mountNames.has(name)) {
      problems.invalid(nameAt, name, 'must not already exist in volumeMounts');
    }
    if (mountPaths.has(path)) {
      problems.invalid(pathAt, path, 'must not already exist as a path in volumeMounts');
    }
  });
}
