import { cidrContains, matchesLabels, parseCidr, parseIp } from '@shiplog/apimachinery';
import { DIRECTIONS, type CompiledPolicy, type Direction } from './compile';
import { names } from './layout';
import { PeerSets } from './peer-sets';
import type { PolicyPod } from './policy-pod';
import { PolicyTable, type RuleChain } from './policy-table';
import { RuleChains, type PolicyChain } from './rule-chains';

/** A policy; its rules are in the table only while it chooses a pod of this node. */
interface Policy {
  readonly key: string;
  readonly compiled: CompiledPolicy;
  readonly chains: Map<Direction, PolicyChain>;
  readonly chosen: Set<Pod>;
}

interface Pod {
  seen: PolicyPod;
  /** Its address here; not there when it isn't connected on this node. */
  local?: string;
  /** The cluster knows it no more, and it is connected yet: it is no peer, and stays isolated. */
  isGone: boolean;
  readonly policies: Set<Policy>;
  readonly profiles: Map<Direction, RuleChain>;
}

/**
 * What the network policies of a cluster come to on one node, kept by changes: of each it costs what it touches. Pods of other
 * nodes are peers only; those of this node, by the addresses that they were connected with, may be isolated.
 */
export class PolicyState {
  readonly #table = new PolicyTable();
  readonly #peers = new PeerSets(this.#table);
  readonly #chains = new RuleChains(this.#table, this.#peers);
  readonly #policies = new Map<string, Policy>();
  readonly #ofNamespace = new Map<string, Set<Policy>>();
  /** By uid. */
  readonly #pods = new Map<string, Pod>();
  readonly #local = new Set<Pod>();
  /** Pods of this node whose rules may have changed. */
  readonly #dirty = new Set<Pod>();
  #podCidr = '';

  /** Whether a pod, by its uid, is known. */
  knows(uid: string): boolean {
    return this.#pods.has(uid);
  }

  /** Pods of this node that any policy isolates. */
  get isolated(): number {
    let count = 0;
    for (const { policies } of this.#local) if (policies.size > 0) count++;
    return count;
  }

  /** A policy as it is now, or that it is gone. */
  setPolicy(key: string, compiled: CompiledPolicy | undefined): void {
    const before = this.#policies.get(key);
    this.#policies.delete(key);
    // The new rules come first: sets that both refer to stay as they are.
    if (compiled !== undefined) this.#addPolicy({ key, compiled, chains: new Map(), chosen: new Set() });
    if (before !== undefined) this.#removePolicy(before);
  }

  /** A pod as the cluster has it now. */
  setPod(seen: PolicyPod): void {
    const known = this.#pods.get(seen.uid);
    const pod: Pod = known ?? { seen, isGone: false, policies: new Set(), profiles: new Map() };
    if (known === undefined) this.#pods.set(seen.uid, pod);
    pod.seen = seen;
    pod.isGone = false;
    this.#placeAsPeer(pod);
    this.#rechoose(pod);
  }

  /** The cluster has a pod no more. One that is connected here stays as isolated as it was until it is not. */
  removePod(uid: string): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    pod.isGone = true;
    this.#placeAsPeer(pod);
    if (pod.local === undefined) this.#pods.delete(uid);
  }

  /** Labels of a namespace; undefined when it is gone. */
  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    this.#peers.setNamespace(name, labels);
  }

  /** A pod that is known is connected here with an address, or not any more. */
  setLocal(uid: string, address: string | undefined): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined || pod.local === address) return;
    if (pod.local !== undefined) this.#disconnect(pod);
    if (address === undefined) {
      if (pod.isGone) this.#pods.delete(uid);
    } else {
      pod.local = address;
      this.#local.add(pod);
      this.#dirty.add(pod);
    }
    this.#placeAsPeer(pod);
    this.#rechoose(pod);
  }

  /** The pod network of this node: in it an address is a pod's only while that is connected. */
  setPodCidr(podCidr: string): void {
    if (podCidr === this.#podCidr) return;
    this.#podCidr = podCidr;
    for (const pod of this.#pods.values()) this.#placeAsPeer(pod);
  }

  /** The keys of the policies that isolate a pod of this node in a direction; none for any other address. */
  isolating(address: string, direction: Direction): string[] {
    const pod = [...this.#local].find(({ local }) => local === address);
    const policies = [...(pod?.policies ?? [])].filter(({ compiled }) => compiled[direction] !== undefined);
    return policies.map(({ key }) => key).sort();
  }

  /** The pod that has an address, connected here or a peer elsewhere. */
  podAt(address: string): PolicyPod | undefined {
    const local = [...this.#local].find((pod) => pod.local === address);
    return local?.seen ?? this.#peers.podAt(address);
  }

  /** The script for all of a table that is not there. Taken once. */
  takeAll(table: string): string {
    this.#settle();
    return this.#table.takeAll(table);
  }

  /** The script for what changed since any was taken; '' when nothing did. Taken once. */
  takeChanges(table: string): string {
    this.#settle();
    return this.#table.takeChanges(table);
  }

  #settle(): void {
    for (const pod of this.#dirty) this.#profile(pod);
    this.#dirty.clear();
  }

  #placeAsPeer(pod: Pod): void {
    this.#peers.setPod(pod.seen, this.#addressesOf(pod));
  }

  /** An address that a pod of this node reports may be another's by now: only those that are connected have one here. */
  #addressesOf({ seen, local, isGone }: Pod): readonly string[] {
    if (isGone || !seen.isPeer) return [];
    return local === undefined ? seen.addresses.filter((address) => !this.#isOfThisNode(address)) : [local];
  }

  #rechoose(pod: Pod): void {
    const candidates = pod.local === undefined ? [] : [...(this.#ofNamespace.get(pod.seen.namespace) ?? [])];
    const chosen = new Set(candidates.filter((policy) => isChosen(policy, pod)));
    for (const policy of chosen) if (!pod.policies.has(policy)) this.#choose(policy, pod);
    for (const policy of [...pod.policies]) if (!chosen.has(policy)) this.#unchoose(policy, pod);
  }

  #choose(policy: Policy, pod: Pod): void {
    policy.chosen.add(pod);
    pod.policies.add(policy);
    this.#dirty.add(pod);
    if (policy.chosen.size > 1) return;
    for (const direction of DIRECTIONS) {
      const rules = policy.compiled[direction];
      if (rules !== undefined) policy.chains.set(direction, this.#chains.make(direction, rules));
    }
  }

  #unchoose(policy: Policy, pod: Pod): void {
    policy.chosen.delete(pod);
    pod.policies.delete(policy);
    this.#dirty.add(pod);
    if (policy.chosen.size > 0) return;
    for (const chain of policy.chains.values()) chain.release();
    policy.chains.clear();
  }

  #addPolicy(policy: Policy): void {
    const { namespace } = policy.compiled;
    this.#policies.set(policy.key, policy);
    this.#ofNamespace.set(namespace, (this.#ofNamespace.get(namespace) ?? new Set()).add(policy));
    for (const pod of this.#local) if (isChosen(policy, pod)) this.#choose(policy, pod);
  }

  #removePolicy(policy: Policy): void {
    for (const pod of [...policy.chosen]) this.#unchoose(policy, pod);
    const siblings = this.#ofNamespace.get(policy.compiled.namespace);
    siblings?.delete(policy);
    if (siblings?.size === 0) this.#ofNamespace.delete(policy.compiled.namespace);
  }

  #disconnect(pod: Pod): void {
    for (const policy of [...pod.policies]) this.#unchoose(policy, pod);
    this.#profile(pod);
    this.#local.delete(pod);
    this.#dirty.delete(pod);
    delete pod.local;
  }

  /** Makes the elements of a pod of this node those that its policies ask for. */
  #profile(pod: Pod): void {
    const { local, policies, profiles } = pod;
    if (local === undefined) return;
    for (const direction of DIRECTIONS) {
      const before = profiles.get(direction);
      const isolating = [...policies].flatMap(({ chains }) => chains.get(direction) ?? []);
      if (isolating.length > 0) {
        const profile = this.#table.chain(names.profile, profileRules(direction, isolating));
        profiles.set(direction, profile);
        this.#table.put(names.isolated(direction), local, `goto ${profile.name}`);
      } else {
        profiles.delete(direction);
        this.#table.put(names.isolated(direction), local, undefined);
      }
      if (before !== undefined) this.#table.release(before);
    }
    this.#table.put(names.selves, `${local} . ${local}`, profiles.size > 0 ? '' : undefined);
  }

  #isOfThisNode(address: string): boolean {
    const network = parseCidr(this.#podCidr);
    return network !== undefined && cidrContains(network, parseIp(address) ?? -1);
  }
}

function isChosen({ compiled }: Policy, { seen }: Pod): boolean {
  return compiled.namespace === seen.namespace && matchesLabels(compiled.pods, seen.labels);
}

/** Equal policies, in any order, make equal rules. */
function profileRules(direction: Direction, isolating: readonly PolicyChain[]): string[] {
  const policies = new Set(isolating.flatMap(({ chain }) => chain?.name ?? []));
  return [...[...policies].sort().map((name) => `jump ${name}`), `goto ${names.denied(direction)}`];
}
