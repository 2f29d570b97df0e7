import { cidrContains, matchesLabels, networkContains, parseCidr, parseIp, parseNetwork } from '@shiplog/apimachinery';
import type { TableFamily } from '@shiplog/hostnet';
import { DIRECTIONS, type CompiledPolicy, type Direction } from './compile';
import { names } from './layout';
import { PeerSets } from './peer-sets';
import type { PolicyPod } from './policy-pod';
import { PolicyTable } from './policy-table';
import { contentOf, Profiles, type Profile, type ProfileContent } from './profiles';
import { RuleChains, type PolicyChain } from './rule-chains';

/** A policy; its rules are in the table only while it chooses a pod of this node. */
interface Policy {
  readonly key: string;
  readonly compiled: CompiledPolicy;
  readonly chains: Map<Direction, PolicyChain>;
  readonly chosen: Set<LocalPod>;
}

/** A pod's place on this node. */
interface Place {
  readonly address: string;
  readonly policies: Set<Policy>;
  readonly profiles: Map<Direction, Profile>;
}

/** Most are of other nodes: little is kept of them. */
interface Pod {
  seen: PolicyPod;
  /** Not there when it isn't connected on this node. */
  place?: Place | undefined;
  /** The cluster knows it no more, and it is connected yet: it is no peer, and stays isolated. */
  isGone: boolean;
}

type LocalPod = Pod & { place: Place };

/** Whose an address is. */
export interface AddressEntry {
  /** `namespace/name` of the pod. */
  readonly title: string;
  /** The keys of the policies that isolate it here, in order; none where it is a pod of another node. */
  isolating(direction: Direction): string[];
}

const nobody = (): string[] => [];
const NO_ADDRESSES: readonly string[] = [];

/**
 * What the network policies of a cluster come to on one node, kept by changes: of each it costs what it touches. Pods of other
 * nodes are peers only; those of this node, by the addresses that they were connected with, may be isolated.
 */
export class PolicyState {
  readonly #table: PolicyTable;
  readonly #peers: PeerSets;
  readonly #chains: RuleChains;
  readonly #profiles: Profiles;
  readonly #policies = new Map<string, Policy>();
  readonly #ofNamespace = new Map<string, Set<Policy>>();
  /** By uid. */
  readonly #pods = new Map<string, Pod>();
  readonly #local = new Set<LocalPod>();
  /** Pods of this node whose rules may have changed. */
  readonly #dirty = new Set<LocalPod>();
  #podCidr = '';

  /** Of one family: to it, packets and addresses of the other are nothing. */
  constructor(readonly family: TableFamily = 'ip') {
    this.#table = new PolicyTable(family);
    this.#peers = new PeerSets(this.#table);
    this.#chains = new RuleChains(this.#table, this.#peers);
    this.#profiles = new Profiles(this.#table);
  }

  /** Whether a pod, by its uid, is known. */
  knows(uid: string): boolean {
    return this.#pods.has(uid);
  }

  /** Pods of this node that any policy isolates. */
  get isolated(): number {
    let count = 0;
    for (const { place } of this.#local) if (place.policies.size > 0) count++;
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
    const pod: Pod = known ?? { seen, isGone: false };
    if (known === undefined) this.#pods.set(seen.uid, pod);
    pod.seen = seen;
    pod.isGone = false;
    this.#placeAsPeer(pod);
    if (isLocal(pod)) this.#rechoose(pod);
  }

  /** The cluster has a pod no more. One that is connected here stays as isolated as it was until it is not. */
  removePod(uid: string): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    pod.isGone = true;
    this.#placeAsPeer(pod);
    if (pod.place === undefined) this.#pods.delete(uid);
  }

  /** Labels of a namespace; undefined when it is gone. */
  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    this.#peers.setNamespace(name, labels);
  }

  /** A pod that is known is connected here with an address, or not any more. */
  setLocal(uid: string, address: string | undefined): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined || pod.place?.address === address) return;
    if (isLocal(pod)) this.#disconnect(pod);
    if (address === undefined) {
      if (pod.isGone) this.#pods.delete(uid);
    } else this.#connect(Object.assign(pod, { place: { address, policies: new Set<Policy>(), profiles: new Map() } }));
    this.#placeAsPeer(pod);
  }

  /** The pod network of this node: in it an address is a pod's only while that is connected. */
  setPodCidr(podCidr: string): void {
    if (podCidr === this.#podCidr) return;
    this.#podCidr = podCidr;
    for (const pod of this.#pods.values()) this.#placeAsPeer(pod);
  }

  /** Every address that is a pod's: of those connected here and of peers elsewhere. */
  directory(): Map<string, AddressEntry> {
    const entries = new Map<string, AddressEntry>();
    for (const pod of this.#pods.values())
      for (const address of this.#addressesOf(pod)) entries.set(address, { title: titleOf(pod), isolating: nobody });
    for (const pod of this.#local) {
      const { address, policies } = pod.place;
      const isolating = (direction: Direction): string[] =>
        [...policies].flatMap(({ key, compiled }) => (compiled[direction] === undefined ? [] : key)).sort();
      entries.set(address, { title: titleOf(pod), isolating });
    }
    return entries;
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
    for (const direction of DIRECTIONS) {
      const contents = new Map([...this.#dirty].map((pod) => [pod, contentFor(pod, direction)] as const));
      for (const [profile, content] of moved(direction, contents)) this.#profiles.become(profile, content);
      for (const [pod, content] of contents) this.#profile(pod, direction, content);
    }
    this.#dirty.clear();
  }

  #placeAsPeer(pod: Pod): void {
    this.#peers.setPod(pod.seen, this.#addressesOf(pod));
  }

  /** An address that a pod of this node reports may be another's by now: only those that are connected have one here. */
  #addressesOf({ seen, place, isGone }: Pod): readonly string[] {
    if (isGone || !seen.isPeer) return NO_ADDRESSES;
    if (place !== undefined) return [place.address];
    const isElsewhere = (address: string): boolean => !this.#isOfThisNode(address);
    const addresses = this.family === 'ip' ? seen.addresses : (seen.addressesV6 ?? NO_ADDRESSES);
    return addresses.every(isElsewhere) ? addresses : addresses.filter(isElsewhere);
  }

  #connect(pod: LocalPod): void {
    this.#local.add(pod);
    this.#dirty.add(pod);
    this.#rechoose(pod);
  }

  #rechoose(pod: LocalPod): void {
    const { policies } = pod.place;
    const candidates = [...(this.#ofNamespace.get(pod.seen.namespace) ?? [])];
    const chosen = new Set(candidates.filter((policy) => isChosen(policy, pod)));
    for (const policy of chosen) if (!policies.has(policy)) this.#choose(policy, pod);
    for (const policy of [...policies]) if (!chosen.has(policy)) this.#unchoose(policy, pod);
  }

  #choose(policy: Policy, pod: LocalPod): void {
    policy.chosen.add(pod);
    pod.place.policies.add(policy);
    this.#dirty.add(pod);
    if (policy.chosen.size > 1) return;
    for (const direction of DIRECTIONS) {
      const rules = policy.compiled[direction];
      if (rules !== undefined) policy.chains.set(direction, this.#chains.make(direction, rules));
    }
  }

  #unchoose(policy: Policy, pod: LocalPod): void {
    policy.chosen.delete(pod);
    pod.place.policies.delete(policy);
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

  #disconnect(pod: LocalPod): void {
    for (const policy of [...pod.place.policies]) this.#unchoose(policy, pod);
    for (const direction of DIRECTIONS) this.#profile(pod, direction, undefined);
    this.#local.delete(pod);
    this.#dirty.delete(pod);
    (pod as Pod).place = undefined;
  }

  /** Makes the elements of a pod of this node those that the policies ask for that isolate it; without content none does. */
  #profile({ place }: LocalPod, direction: Direction, content: ProfileContent | undefined): void {
    const { address, profiles } = place;
    const before = profiles.get(direction);
    const profile = content && this.#profiles.use(content);
    if (profile === undefined) profiles.delete(direction);
    else profiles.set(direction, profile);
    this.#table.put(names.isolated(direction), address, profile && `goto ${profile.chain.name}`);
    this.#table.put(names.selves, `${address} . ${address}`, profiles.size > 0 ? '' : undefined);
    if (before !== undefined) this.#profiles.release(before);
  }

  #isOfThisNode(address: string): boolean {
    if (this.family === 'ip6') {
      const own = parseNetwork(this.#podCidr);
      return own !== undefined && networkContains(own, address);
    }
    const network = parseCidr(this.#podCidr);
    return network !== undefined && cidrContains(network, parseIp(address) ?? -1);
  }
}

function isLocal(pod: Pod): pod is LocalPod {
  return pod.place !== undefined;
}

function titleOf({ seen }: Pod): string {
  return `${seen.namespace}/${seen.name}`;
}

function isChosen({ compiled }: Policy, { seen }: Pod): boolean {
  return compiled.namespace === seen.namespace && matchesLabels(compiled.pods, seen.labels);
}

/** Undefined where no policy isolates a pod in a direction. */
function contentFor({ place }: LocalPod, direction: Direction): ProfileContent | undefined {
  const isolating = [...place.policies].flatMap(({ chains }) => chains.get(direction) ?? []);
  return isolating.length === 0 ? undefined : contentOf(direction, isolating);
}

/** The profiles all of whose pods come to the same other content. */
function moved(
  direction: Direction,
  contents: ReadonlyMap<LocalPod, ProfileContent | undefined>,
): Map<Profile, ProfileContent> {
  const coming = new Map<Profile, { content: ProfileContent; pods: number }>();
  for (const [{ place }, content] of contents) {
    const profile = place.profiles.get(direction);
    if (profile === undefined || content === undefined) continue;
    const first = coming.get(profile);
    if (first === undefined) coming.set(profile, { content, pods: 1 });
    else if (first.content.key === content.key) first.pods++;
  }
  return new Map(
    [...coming].flatMap(([profile, { content, pods }]) =>
      pods === profile.uses && profile.policies !== content.key ? [[profile, content] as const] : [],
    ),
  );
}
