import { localKey } from '@shiplog/contracts';
import type { StoredClaim, StoredPod, StoredStorageClass, StoredVolume } from '@shiplog/kube';
import type { PodFacts } from '../facts/pod-facts';

/** What decisions look at of claims and volumes. */
export interface Volumes {
  claim(namespace: string, name: string): StoredClaim | undefined;
  volume(name: string): StoredVolume | undefined;
  storageClass(name: string): StoredStorageClass | undefined;
  /** Every volume that a claim may take. */
  all(): Iterable<StoredVolume>;
  /** Whether a pod that has a node has a claim. */
  isUsed(namespace: string, claim: string): boolean;
}

/** The claims and volumes of a cluster, kept live. */
export class VolumeIndex implements Volumes {
  readonly #claims = new Map<string, StoredClaim>();
  readonly #volumes = new Map<string, StoredVolume>();
  readonly #classes = new Map<string, StoredStorageClass>();
  readonly #users = new Map<string, number>();

  setClaim(key: string, claim: StoredClaim | undefined): void {
    set(this.#claims, key, claim);
  }

  setVolume(name: string, volume: StoredVolume | undefined): void {
    set(this.#volumes, name, volume);
  }

  setStorageClass(name: string, storageClass: StoredStorageClass | undefined): void {
    set(this.#classes, name, storageClass);
  }

  /** A pod has come to a node (1) or left it (-1). */
  count(pod: PodFacts, by: 1 | -1): void {
    for (const key of claimKeysOf(pod)) {
      const users = (this.#users.get(key) ?? 0) + by;
      if (users === 0) this.#users.delete(key);
      else this.#users.set(key, users);
    }
  }

  claim(namespace: string, name: string): StoredClaim | undefined {
    return this.#claims.get(localKey(namespace, name));
  }

  volume(name: string): StoredVolume | undefined {
    return this.#volumes.get(name);
  }

  storageClass(name: string): StoredStorageClass | undefined {
    return this.#classes.get(name);
  }

  all(): Iterable<StoredVolume> {
    return this.#volumes.values();
  }

  isUsed(namespace: string, claim: string): boolean {
    return this.#users.has(localKey(namespace, claim));
  }
}

/** Where a rule is asked without a cluster. */
export const NO_VOLUMES: Volumes = new VolumeIndex();

/** The same with what the decisions of a batch have promised to claims. */
export class PromisedVolumes implements Volumes {
  readonly #taken = new Set<string>();
  readonly #planned = new Set<string>();

  constructor(private readonly volumes: Volumes) {}

  /** Whether anything is promised to a claim. */
  get hasPlans(): boolean {
    return this.#planned.size > 0;
  }

  /** A claim is to get this volume, or one that is made for it. */
  plan({ metadata: { namespace = '', name } }: StoredClaim, volume?: StoredVolume): void {
    this.#planned.add(localKey(namespace, name));
    if (volume !== undefined) this.#taken.add(volume.metadata.name);
  }

  /** Whether something is promised to a claim of the pod: what it gets is known when that is done. */
  awaits(pod: PodFacts): boolean {
    return this.hasPlans && claimKeysOf(pod).some((key) => this.#planned.has(key));
  }

  claim(namespace: string, name: string): StoredClaim | undefined {
    return this.volumes.claim(namespace, name);
  }

  volume(name: string): StoredVolume | undefined {
    return this.volumes.volume(name);
  }

  storageClass(name: string): StoredStorageClass | undefined {
    return this.volumes.storageClass(name);
  }

  *all(): Iterable<StoredVolume> {
    for (const volume of this.volumes.all()) if (!this.#taken.has(volume.metadata.name)) yield volume;
  }

  isUsed(namespace: string, claim: string): boolean {
    return this.volumes.isUsed(namespace, claim);
  }
}

/** The claims of a pod as `namespace/name`. */
export function claimKeysOf({ pod, claims }: { pod: StoredPod; claims: readonly string[] }): string[] {
  return claims.map((name) => localKey(pod.metadata.namespace ?? '', name));
}

function set<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
