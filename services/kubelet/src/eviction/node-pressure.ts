import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import { EngineCgroups } from '../node/cgroups';
import type { NodeResources } from '../node/domain/node-resources';
import type { MachineFacts } from '../node/render/node-status';
import type { KubeletConfig } from '../settings';
import { MACHINE, NODE_RESOURCES } from '../tokens';
import { CgroupReader } from '../usage/cgroup-reader';
import {
  mostUrgent,
  NO_FINDINGS,
  observe,
  pressuresOf,
  thresholdsOf,
  type Observation,
  type Observations,
  type Pressure,
  type Threshold,
} from './decide/pressure';
import { readObservations } from './observations';

/** Whether this machine runs short of something. */
@Injectable()
export class NodePressure {
  readonly #thresholds: readonly Threshold[];
  #findings = NO_FINDINGS;
  #observations: Observations = new Map();
  #imageFolder = '';

  constructor(
    @Inject(CONFIG) private readonly config: KubeletConfig,
    @Inject(MACHINE) private readonly machine: MachineFacts,
    @Inject(NODE_RESOURCES) private readonly resources: NodeResources,
    private readonly cgroups: EngineCgroups,
    private readonly reader: CgroupReader,
  ) {
    this.#thresholds = thresholdsOf(config, config.enforceNodeAllocatable);
  }

  /** @param imageFolder where the engine keeps images, and what containers write */
  engineUp(imageFolder: string): void {
    this.#imageFolder = imageFolder;
  }

  /** Whether anything is watched at all. */
  get isWatched(): boolean {
    return this.#thresholds.length > 0;
  }

  /** Looks again. */
  async observe(): Promise<void> {
    if (!this.isWatched) return;
    const observations = await readObservations(
      { node: this.config.stateDir, images: this.#imageFolder },
      this.machine.pids,
    );
    const ofPods = this.#memoryOfPods();
    if (ofPods !== undefined) observations.set('allocatableMemory.available', ofPods);
    this.#observations = observations;
    this.#findings = observe(this.#findings, this.#thresholds, observations, Date.now());
  }

  get pressures(): ReadonlySet<Pressure> {
    return pressuresOf(this.#findings, Date.now(), this.config.evictionPressureTransitionPeriod);
  }

  /** What something has to be done about, and what was seen of it. */
  get urgent(): { readonly threshold: Threshold; readonly observation: Observation } | undefined {
    const threshold = mostUrgent(this.#findings, Date.now());
    const observation = threshold === undefined ? undefined : this.#observations.get(threshold.signal);
    return threshold === undefined || observation === undefined ? undefined : { threshold, observation };
  }

  #memoryOfPods(): Observation | undefined {
    const all = this.cgroups.parent;
    const used = all === undefined ? undefined : this.reader.memory(all);
    const capacity = this.resources.enforced.memoryBytes;
    return used && { available: capacity - used.workingSetBytes, capacity };
  }
}
