import type { EngineFacts } from '../runtime';

/** No engine of any machine: what a node is said to be, its own settings say. */
export const HOLLOW_ENGINE: EngineFacts = {
  name: 'hollow',
  version: '1.0.0',
  osImage: '',
  kernel: '',
  architecture: '',
  cpus: 0,
  memoryBytes: 0,
  cgroupDriver: 'none',
  imageFolder: '',
  runtimes: [],
  liveRestore: true,
};
