import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { Rig } from '../../../services/api/src/testing/rig';

/** How client-node reaches an api: by the same kubeconfig as kubectl. */
export function nodeConfigOf({ directory }: Rig): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(join(directory, 'kubeconfig'));
  return config;
}
