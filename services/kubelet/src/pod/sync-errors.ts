import { BackOff } from '@shiplog/wait';
import { ContainerConfigError, messageOf, type StartFailure } from '../container/start-failure';
import { VolumeFailure } from '../volumes/set-up-failure';
import { doubled } from './decide/restart';
import { AGAIN, BACK_OFF, DONE, type Outcome } from './outcome';
import type { SyncError } from './domain/view';

/** Kubernetes tries a wrong configuration again at its next sync. */
const CONFIG_RETRY_MS = 10_000;
/** Between attempts at a volume (pkg/util/goroutinemap/exponentialbackoff). */
const VOLUME_BACK_OFF = { firstMs: 500, longestMs: 122_000 };
/** How long `ErrImagePull` is shown before it is called `ImagePullBackOff`. */
const FIRST_NAME_MS = 2_000;

/** Why a pod, or containers of it, do not go on: their waiting reasons, and when each is tried again. */
export class SyncErrors {
  readonly #all = new Map<string, SyncError>();
  /** Seconds, by container name. */
  readonly #pullBackoff = new Map<string, number>();
  readonly #podBackOff = new BackOff(BACK_OFF);
  readonly #volumeBackOff = new BackOff(VOLUME_BACK_OFF);
  /** The pod waits for a volume: each attempt fails with an error of its own, which all of its containers hear of. */
  #volumeFailure: VolumeFailure | undefined;

  /** By container name; '' for what concerns the whole pod. */
  get all(): ReadonlyMap<string, SyncError> {
    return this.#all;
  }

  /** What concerns the whole pod: it is left alone until the wait is over. Returns whether it is news. */
  ofPod(error: unknown): { readonly outcome: Outcome; readonly isNew: boolean } {
    if (error instanceof VolumeFailure) return this.#ofVolume(error);
    const isConfig = error instanceof ContainerConfigError;
    const afterMs = isConfig ? CONFIG_RETRY_MS : this.#podBackOff.failed();
    const isNew = this.#all.get('')?.message !== messageOf(error);
    this.#all.set('', { ...nameOf(error), retryAt: Date.now() + afterMs });
    return { outcome: { kind: 'again', afterMs }, isNew };
  }

  #ofVolume(error: VolumeFailure): { readonly outcome: Outcome; readonly isNew: boolean } {
    const isNew = error !== this.#volumeFailure;
    const retryAt = isNew ? Date.now() + this.#volumeBackOff.failed() : (this.#all.get('')?.retryAt ?? Date.now());
    this.#volumeFailure = error;
    this.#all.set('', { ...nameOf(error), retryAt });
    return { outcome: { kind: 'again', afterMs: Math.max(0, retryAt - Date.now()) }, isNew };
  }

  /** As `ofPod`, but holds up only what needs it: for show. */
  besides(error: unknown): { readonly outcome: Outcome; readonly isNew: boolean } {
    const isNew = this.#all.get('')?.message !== messageOf(error);
    this.#all.set('', { ...nameOf(error), retryAt: 0 });
    return { outcome: AGAIN, isNew };
  }

  /** Gives a container's failed start its waiting reason, and the time of the next attempt. */
  ofContainer(name: string, { reason, message, kind, image }: StartFailure): Outcome {
    const now = Date.now();
    if (kind === 'ended') {
      this.#all.set(name, { reason, message, retryAt: now });
      return DONE;
    }
    if (kind !== 'pull') {
      this.#all.set(name, { reason, message, retryAt: now + CONFIG_RETRY_MS });
      return { kind: 'again', afterMs: CONFIG_RETRY_MS };
    }
    const seconds = doubled(this.#pullBackoff.get(name) ?? 0);
    this.#pullBackoff.set(name, seconds);
    const backOff = `Back-off pulling image "${image}": ErrImagePull: ${message}`;
    const later =
      reason === 'ErrImagePull' ? { at: now + FIRST_NAME_MS, reason: 'ImagePullBackOff', message: backOff } : undefined;
    const afterMs = seconds * 1_000;
    this.#all.set(name, { reason, message, retryAt: now + afterMs, ...(later === undefined ? {} : { later }) });
    return { kind: 'again', afterMs };
  }

  /** The pod has its sandbox and network. */
  podStarted(): void {
    if (this.#volumeFailure === undefined) this.#all.delete('');
    this.#podBackOff.succeeded();
  }

  containerStarted(name: string): void {
    if (this.#volumeFailure !== undefined) this.#all.delete('');
    this.#volumeFailure = undefined;
    this.#volumeBackOff.succeeded();
    this.#all.delete(name);
    this.#pullBackoff.delete(name);
    if (this.#all.get('')?.retryAt === 0) this.#all.delete('');
  }

  /** What would be tried soon anyway may be tried at once: the reason may be gone. */
  hurry(): void {
    const now = Date.now();
    for (const [name, { retryAt }] of this.#all)
      if (name === '' || retryAt - now <= CONFIG_RETRY_MS) this.#all.delete(name);
  }
}

function nameOf(error: unknown): { reason: string; message: string } {
  return {
    reason: error instanceof ContainerConfigError ? error.reason : 'ContainerCreating',
    message: messageOf(error),
  };
}
