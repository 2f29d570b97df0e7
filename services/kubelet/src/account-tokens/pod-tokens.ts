import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ServiceAccountTokenProjection } from '@shiplog/contracts';
import { LOGGER } from '@shiplog/service';
import { orAborted } from '@shiplog/wait';
import type { Logger } from 'pino';
import { messageOf } from '../container/start-failure';
import type { Pod } from '../domain/pod';
import { Notes } from '../status/notes';
import { PodToken } from './pod-token';
import { secondsOf, TokenQuery, type TokenDemand } from './token-query';

/** The tokens that pods of this node have in their volumes, each as long as the pod is here. */
@Injectable()
export class PodTokens implements OnApplicationShutdown {
  /** By the pod's uid, then by what is asked for. */
  readonly #byPod = new Map<string, ReadonlyMap<string, PodToken>>();
  readonly #listeners = new Set<(podUid: string) => void>();

  constructor(
    private readonly query: TokenQuery,
    private readonly notes: Notes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Calls back with the uid of the pod that has another token than before. */
  onChange(listener: (podUid: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Sees to a pod's tokens from now on. What a pod asks for never changes. */
  hold(pod: Pod): void {
    const { uid } = pod.metadata;
    const demands = demandsOf(pod);
    if (demands.length === 0 || this.#byPod.has(uid) || hasEnded(pod)) return;
    const tokens = new Map<string, PodToken>();
    for (const { volume, demand } of demands) {
      if (!tokens.has(keyOf(demand))) tokens.set(keyOf(demand), this.#tokenOf(pod, volume, demand));
    }
    this.#byPod.set(uid, tokens);
  }

  release(podUid: string): void {
    for (const token of this.#byPod.get(podUid)?.values() ?? []) token.close();
    this.#byPod.delete(podUid);
  }

  /** Resolves once there is a first one of each, however long the api is away; rejects with the reason when `signal` aborts. */
  async answered(podUid: string, signal: AbortSignal): Promise<void> {
    const open = [...(this.#byPod.get(podUid)?.values() ?? [])].filter(({ token }) => token === undefined);
    if (open.length > 0) await orAborted(Promise.all(open.map(({ answered }) => answered)), signal);
  }

  /** Undefined until there is one. */
  token(podUid: string, demand: TokenDemand): string | undefined {
    return this.#byPod.get(podUid)?.get(keyOf(demand))?.token;
  }

  onApplicationShutdown(): void {
    for (const uid of [...this.#byPod.keys()]) this.release(uid);
  }

  #tokenOf(pod: Pod, volume: string, demand: TokenDemand): PodToken {
    return new PodToken({
      demand,
      ask: () => this.query.ask(pod, demand),
      renewed: () => {
        for (const listener of this.#listeners) listener(pod.metadata.uid);
      },
      failed: (error, isFirst) => this.#complain(pod, volume, error, isFirst),
    });
  }

  #complain(pod: Pod, volume: string, error: unknown, isFirst: boolean): void {
    const { name, namespace, uid } = pod.metadata;
    this.logger.warn(
      { err: error, name, namespace, uid },
      "could not get a token for a pod's service account; trying again",
    );
    if (!isFirst) return;
    const text = `MountVolume.SetUp failed for volume "${volume}" : failed to fetch token: ${messageOf(error)}`;
    this.notes.say(pod, 'Warning', 'FailedMount', text);
  }
}

function demandsOf({ spec }: Pod): { volume: string; demand: ServiceAccountTokenProjection }[] {
  return (spec?.volumes ?? []).flatMap(({ name, projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken: demand }) =>
      demand === undefined ? [] : [{ volume: name, demand }],
    ),
  );
}

function keyOf(demand: TokenDemand): string {
  return `${secondsOf(demand)} ${demand.audience ?? ''}`;
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
