import { Inject, Injectable } from '@nestjs/common';
import { StatusError, type ExcerptOf, type PolicyDrop } from '@shiplog/contracts';
import type { AppliedEvent } from '@shiplog/cluster';
import type { NftTables } from '@shiplog/hostnet';
import { statusOf } from '@shiplog/apimachinery';
import type { Projection } from '@shiplog/projection';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import type { PodGuard } from '../pods/pod-interfaces';
import { compilePolicy } from './domain/compile';
import type { Drop } from './domain/drops';
import { connectedUid, policyPodOf } from './domain/policy-pod';
import type { AddressEntry, PolicyState } from './domain/policy-state';
import { PolicyRules } from './policy-rules';

/** How long a pod's connection waits until the pod is heard of here: shorter than its sender's patience. */
const WAIT_MS = 2_000;

const POLICIES = 'networkpolicies.networking.k8s.io';
type NetworkPolicyObject = Parameters<typeof compilePolicy>[0];

/** A pod that is connected here. */
interface LocalAddresses {
  readonly uid: string;
  readonly ip: string;
  readonly ipv6?: string | undefined;
}

/** Keeps the network policies of this node's pods: what the cluster asks for, and the pods that are connected. */
@Injectable()
export class PodPolicies implements PodGuard {
  /** Until the pods that are connected are known, an earlier process's rules must stand. */
  #isStarted = false;
  readonly #unknown = new Map<string, Set<() => void>>();

  constructor(
    private readonly rules: PolicyRules,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Takes in what a projection of the cluster holds. */
  load(projection: Pick<Projection, 'list'>): void {
    for (const { metadata } of projection.list('namespaces'))
      this.#change((state) => state.setNamespace(metadata.name, metadata.labels ?? {}));
    for (const pod of projection.list('pods')) this.#setPod(pod as ExcerptOf<'peers'>);
    for (const policy of projection.list(POLICIES)) this.#setPolicy(policy);
  }

  /** Takes in what changed. Answers whether rules may have. */
  take(batch: readonly AppliedEvent[]): boolean {
    let isConcerned = false;
    for (const { event, before, after } of batch) {
      const { resource, namespace, name } = event;
      isConcerned = true;
      if (resource === 'namespaces')
        this.#change((state) => state.setNamespace(name, after && (after.metadata.labels ?? {})));
      else if (resource === POLICIES) {
        if (after !== undefined) this.#setPolicy(after as unknown as NetworkPolicyObject);
        else this.#change((state) => state.setPolicy(`${namespace}/${name}`, undefined));
      } else if (resource === 'pods') {
        const [gone, now] = [before, after].map((pod) => pod && connectedUid(pod.metadata));
        if (gone !== undefined && gone !== now) this.#change((state) => state.removePod(gone));
        if (after !== undefined) this.#setPod(after as unknown as ExcerptOf<'peers'>);
      } else isConcerned = false;
    }
    return isConcerned && this.#isStarted;
  }

  /** Takes over the pods that are connected: from here on this process's rules are the node's. */
  async start(podCidr: string, connected: Iterable<LocalAddresses>, podCidrV6?: string): Promise<void> {
    this.rules.state.setPodCidr(podCidr);
    this.rules.stateV6?.setPodCidr(podCidrV6 ?? '');
    for (const pod of connected) this.#setLocal(pod);
    this.#isStarted = true;
    await this.rules.sync();
  }

  /** Resolves once the rules of a pod stand that is about to be connected; rejects when nothing is known of it in time. */
  async connecting(uid: string, ip: string, ipv6?: string): Promise<void> {
    if (!this.rules.state.knows(uid)) await this.#heardOf(uid);
    this.#setLocal({ uid, ip, ipv6 });
    await this.rules.sync();
  }

  /** A pod is connected no longer; its addresses may be another's as soon as this returns. */
  disconnected(uid: string): void {
    this.#change((state) => state.setLocal(uid, undefined));
    if (!this.#isStarted) return;
    // Whatever fails here is tried again with the next change, and at the next look.
    this.rules
      .sync()
      .catch((error: unknown) => this.logger.warn({ err: error, uid }, 'rules of a pod that is gone stay'));
  }

  /** Brings the kernel up to date; nothing before `start`. */
  async sync(): Promise<void> {
    if (this.#isStarted) await this.rules.sync();
  }

  /** Looks whether the rules are there. */
  async verify(): Promise<void> {
    if (this.#isStarted) await this.rules.verify();
  }

  /** Whether the rules are among all tables in the kernel. */
  stands(tables: NftTables): boolean {
    return !this.#isStarted || this.rules.stands(tables);
  }

  /** Pods of this node that policies isolate. */
  get isolated(): number {
    return this.rules.state.isolated;
  }

  /** What policies have refused lately, the last first. */
  async drops(): Promise<PolicyDrop[]> {
    const drops = await this.rules.drops();
    const directory = new Map(this.rules.states.flatMap((state) => [...state.directory()]));
    return drops.map((drop) => described(drop, directory)).sort((a, b) => a.secondsAgo - b.secondsAgo);
  }

  #change(change: (state: PolicyState) => void): void {
    for (const state of this.rules.states) change(state);
  }

  #setLocal({ uid, ip, ipv6 }: LocalAddresses): void {
    this.rules.state.setLocal(uid, ip);
    this.rules.stateV6?.setLocal(uid, ipv6);
  }

  #setPod(object: ExcerptOf<'peers'>): void {
    const pod = policyPodOf(object);
    this.#change((state) => state.setPod(pod));
    for (const resolve of this.#unknown.get(pod.uid) ?? []) resolve();
    this.#unknown.delete(pod.uid);
  }

  /** One whose pods can't be told chooses none. */
  #setPolicy(policy: NetworkPolicyObject): void {
    const key = `${policy.metadata.namespace}/${policy.metadata.name}`;
    try {
      const compiled = compilePolicy(policy);
      this.#change((state) => state.setPolicy(key, compiled));
    } catch (error) {
      this.logger.error({ err: error, policy: key }, 'a network policy can’t be read and is not enforced');
      this.#change((state) => state.setPolicy(key, undefined));
    }
  }

  #heardOf(uid: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#unknown.get(uid) ?? new Set();
      const heard = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(heard);
        if (waiting.size === 0) this.#unknown.delete(uid);
        reject(new StatusError(statusOf.unavailable('the network policies of the pod are not known yet')));
      }, WAIT_MS);
      this.#unknown.set(uid, waiting.add(heard));
    });
  }
}

function described(
  { direction, source, destination, protocol, port, packets, secondsAgo }: Drop,
  directory: ReadonlyMap<string, AddressEntry>,
): PolicyDrop {
  const [from, to] = [directory.get(source), directory.get(destination)];
  return {
    direction: direction === 'in' ? 'Ingress' : 'Egress',
    source,
    ...(from === undefined ? {} : { sourcePod: from.title }),
    destination,
    ...(to === undefined ? {} : { destinationPod: to.title }),
    protocol,
    ...(port === undefined ? {} : { port }),
    packets,
    secondsAgo,
    policies: (direction === 'in' ? to : from)?.isolating(direction) ?? [],
  };
}
