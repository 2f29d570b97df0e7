import type { ConfigSource } from '../container/render/env';
import type { NodeFacts } from '../container/render/fields';
import type { Pod } from '../domain/pod';
import { planVolume, type PlannedVolume } from './plan/planned-volume';
import type { PodFiles } from './pod-files';

/** The volumes of one pod: made before its containers start; the files in them follow the cluster's objects. */
export class PodVolumes {
  #made: Promise<readonly PlannedVolume[]> | undefined;
  /** Containers have mounted them, or are about to. */
  #inUse = false;

  constructor(
    private readonly files: PodFiles,
    private readonly source: ConfigSource,
    private readonly node: NodeFacts,
  ) {}

  get inUse(): boolean {
    return this.#inUse;
  }

  /** They are there, and mounted: an earlier kubelet made them. */
  adopt(): void {
    this.#inUse = true;
  }

  /** What they show may be otherwise now. */
  forget(): void {
    this.#made = undefined;
  }

  /** Makes them, unless that was done since the last `forget`. Throws ContainerConfigError for what they refer to and isn't there. */
  make(pod: Pod): Promise<readonly PlannedVolume[]> {
    this.#made ??= this.#make(pod).catch((error: unknown) => {
      this.#made = undefined;
      throw error;
    });
    return this.#made;
  }

  /** Brings the files up to date that containers see; what fails leaves the old ones where they are. */
  async refresh(pod: Pod): Promise<void> {
    await this.files.prepareVolumes(this.#plan(pod).filter(({ kind }) => kind === 'files'));
  }

  async #make(pod: Pod): Promise<readonly PlannedVolume[]> {
    const planned = this.#plan(pod);
    this.#inUse = true;
    await this.files.prepareVolumes(planned);
    return planned;
  }

  #plan(pod: Pod): readonly PlannedVolume[] {
    const about = { pod, source: this.source, node: this.node, podIP: undefined };
    return (pod.spec?.volumes ?? []).map((volume) => planVolume(volume, about));
  }
}
