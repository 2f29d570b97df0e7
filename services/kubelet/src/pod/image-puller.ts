import { Inject, Injectable } from '@nestjs/common';
import { goDurationOf } from '@shiplog/kube';
import type { ConfigSource } from '../container/render/env';
import type { NodeFacts } from '../container/render/fields';
import { decideImage } from '../images/domain/pull-decision';
import { ImageStore } from '../images/image-store';
import { RuntimeError, type ImageFacts, type PullProgress } from '../runtime/runtime';
import { Notes } from '../status/notes';
import { CONFIG_SOURCE, NODE_FACTS } from '../tokens';
import { authsFor, registryLogins } from '../images/domain/registry-auths';
import { asFailure, messageOf, StartFailure } from '../container/start-failure';
import type { Pod } from '../domain/pod';

/** Under which reason an event tells of an image that is not even asked for (pkg/kubelet/images). */
const FAILURE_EVENTS = { InvalidImageName: 'InspectFailed', ErrImageNeverPull: 'ErrImageNeverPull' } as const;

/** An image that a pod is made with. */
export interface WantedImage {
  readonly image: string;
  readonly pullPolicy: string | undefined;
  /** Whose own it is; none: a volume's. */
  readonly container?: string;
}

/** Gets the images of pods, by their pull policies. */
@Injectable()
export class ImagePuller {
  constructor(
    private readonly images: ImageStore,
    private readonly notes: Notes,
    @Inject(CONFIG_SOURCE) private readonly source: ConfigSource,
    @Inject(NODE_FACTS) private readonly node: NodeFacts,
  ) {}

  /** Throws StartFailure. */
  async get(pod: Pod, { image, pullPolicy, container }: WantedImage, signal: AbortSignal): Promise<ImageFacts> {
    const { notes } = this;
    this.#tellOfMissingSecrets(pod);
    const present = await this.#present(image);
    const decision = decideImage(image, pullPolicy, present !== undefined);
    const say = (type: 'Normal' | 'Warning', reason: string, text: string): void =>
      notes.say(pod, type, reason, text, container);
    switch (decision.do) {
      case 'fail':
        say('Warning', FAILURE_EVENTS[decision.reason], decision.message);
        throw new StartFailure(decision.reason, decision.message, 'pull', image);
      case 'use':
        say('Normal', 'Pulled', `Container image "${image}" already present on machine`);
        return present as ImageFacts;
      case 'pull': {
        say('Normal', 'Pulling', `Pulling image "${image}"`);
        const began = Date.now();
        const tell = told((text) => say('Normal', 'Pulling', `Pulling image "${image}": ${text}`));
        const facts = await this.#pull(pod, decision.reference, signal, tell).catch((error: unknown) => {
          signal.throwIfAborted();
          const reason = messageOf(error);
          say('Warning', 'Failed', `Failed to pull image "${image}": ${reason}`);
          throw new StartFailure('ErrImagePull', reason, 'pull', image);
        });
        const took = goDurationOf(Date.now() - began);
        const size = `Image size: ${facts.sizeBytes} bytes.`;
        say('Normal', 'Pulled', `Successfully pulled image "${image}" in ${took} (${took} including waiting). ${size}`);
        return facts;
      }
    }
  }

  /** As Kubernetes tells of it whether an image is pulled or not (getPullSecretsForPod in kubelet_pods.go). */
  #tellOfMissingSecrets(pod: Pod): void {
    const names = (pod.spec?.imagePullSecrets ?? []).map(({ name = '' }) => name).filter((name) => name !== '');
    const missing = names.filter((name) => this.source.secret(pod.metadata.namespace ?? '', name) === undefined);
    if (missing.length === 0) return;
    const description = `Unable to retrieve some image pull secrets (${missing.join(', ')})`;
    const message = `${description}; attempting to pull the image may not succeed.`;
    this.notes.say(pod, 'Warning', 'FailedToRetrieveImagePullSecret', message);
  }

  /** A malformed name is for the decision to refuse, not for the engine. */
  async #present(image: string): Promise<ImageFacts | undefined> {
    try {
      return await this.images.find(image);
    } catch (error) {
      if (error instanceof RuntimeError && error.problem !== 'unavailable') return undefined;
      throw asFailure(error, 'ImageInspectError');
    }
  }

  /** With each of the pod's credentials for it in turn; without any, as anybody. Throws what the last try came to. */
  async #pull(
    pod: Pod,
    reference: string,
    signal: AbortSignal,
    tell: (progress: PullProgress) => void,
  ): Promise<ImageFacts> {
    const { source, node, images } = this;
    const auths = authsFor(reference, registryLogins({ pod, source, node, podIPs: [] }));
    let failure: unknown;
    for (const auth of auths.length === 0 ? [undefined] : auths) {
      try {
        return await images.pull(reference, auth, signal, tell);
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }
}

/** How often a pull that goes on is told of, in milliseconds. */
const TELL_MS = 10_000;
const MEGABYTE = 1_000_000;

/** Tells how far a pull is, not too often. */
function told(say: (text: string) => void): (progress: PullProgress) => void {
  let last = Date.now();
  return ({ currentBytes, totalBytes }) => {
    if (Date.now() - last < TELL_MS) return;
    last = Date.now();
    say(`${(currentBytes / MEGABYTE).toFixed(1)} of ${(totalBytes / MEGABYTE).toFixed(1)} MB so far`);
  };
}
