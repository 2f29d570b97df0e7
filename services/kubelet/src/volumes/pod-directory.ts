import { join } from 'node:path';
import { dnsLabel, isToken } from '@shiplog/apimachinery';
import { ContainerConfigError } from '../container/start-failure';

/** Where what a pod has lies on the node's disk. */
export class PodDirectory {
  constructor(
    private readonly stateDir: string,
    private readonly uid: string,
  ) {}

  /** Nothing is ever made for a uid that is no token, so there is nothing to remove either. */
  get isPossible(): boolean {
    return isToken(this.uid);
  }

  /** Throws ContainerConfigError for a uid that would lead elsewhere. */
  get path(): string {
    if (!this.isPossible)
      throw new ContainerConfigError(
        `the pod's uid must be letters, digits and dashes, not ${JSON.stringify(this.uid)}`,
      );
    return join(this.stateDir, 'pods', this.uid);
  }

  file(name: 'hosts' | 'hostname' | 'resolv.conf'): string {
    return join(this.path, name);
  }

  /** All that is removed when the pod is over. */
  get volumes(): string {
    return join(this.path, 'volumes');
  }

  volume(name: string): string {
    return join(this.volumes, segment(name));
  }

  /** Where parts of volumes are mounted for a container. */
  subPaths(container: string): string {
    return join(this.path, 'volume-subpaths', segment(container));
  }

  container(name: string): string {
    return join(this.path, 'containers', segment(name));
  }

  /** The file that a container's termination message is written to. */
  message(container: string, attempt: number): string {
    return join(this.container(container), `${attempt}.message`);
  }

  /** A volume in memory, by its name in the engine. */
  engineVolume(name: string): string {
    return `shiplog-${this.uid}-${segment(name)}`;
  }
}

/** The name of a container or volume as one step of a path. */
function segment(name: string): string {
  const [wrong] = dnsLabel(name);
  if (wrong !== undefined)
    throw new ContainerConfigError(`${JSON.stringify(name)} can not be part of a path: ${wrong}`);
  return name;
}
