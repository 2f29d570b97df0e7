import type { Pod } from '../domain/pod';
import type { PodFiles } from './pod-files';
import type { PlannedVolume } from './plan/planned-volume';
import { kernelHostnameOf } from './render/etc-files';

const done = (): Promise<void> => Promise.resolve();

/**
 * The files of a pod whose containers can't see any: nothing is written. What its volumes need of the cluster's objects is still
 * waited for, and missed where it is missing.
 */
export function noFiles(pod: Pod, clusterDomain: string): PodFiles {
  const shown = new Set<string>();
  return {
    get hostname() {
      return kernelHostnameOf(pod, clusterDomain);
    },
    prepare: () => Promise.resolve([]),
    writeHosts: done,
    prepareVolumes: (volumes: readonly PlannedVolume[]) => {
      for (const { kind, name } of volumes) if (kind === 'files') shown.add(name);
      return done();
    },
    hasFiles: (volume) => Promise.resolve(shown.has(volume)),
    sandboxMounts: () => Promise.resolve([]),
    needSandbox: () => Promise.resolve(false),
    mountImage: done,
    mounts: () => Promise.resolve([]),
    releaseMounts: done,
    readMessage: () => Promise.resolve(''),
    removeVolumes: done,
    usedBytes: () => Promise.resolve(0),
    remove: done,
  };
}
