import { matchesLabels } from '@shiplog/apimachinery';
import type { PeerSelector } from './compile';
import { ADDRESS_TYPES, names } from './layout';
import type { PolicyPod, Protocol } from './policy-pod';
import type { CountedSet, PolicyTable } from './policy-table';

type Labels = Readonly<Record<string, string>>;

/** A pod with what it has in sets. */
interface Member {
  readonly pod: PolicyPod;
  readonly addresses: readonly string[];
  /** Not there for the many that nobody chooses. */
  chosenBy?: Set<SelectorSet>;
  ports?: (readonly [set: CountedSet, element: string])[];
}

/** A set of the pods that a selector chooses. */
interface SelectorSet {
  readonly selector: PeerSelector;
  readonly set: CountedSet;
  readonly namespaces: Set<string>;
}

/**
 * The sets of addresses that rules look in, kept as pods and namespaces change: one for each distinct selector and one for
 * each name of a port that any rule has.
 */
export class PeerSets {
  readonly #members = new Map<string, Member>();
  readonly #inNamespace = new Map<string, Set<Member>>();
  readonly #namespaces = new Map<string, Labels>();
  readonly #selectors = new Map<CountedSet, SelectorSet>();
  /** Selectors that may choose a namespace's pods. */
  readonly #choosing = new Map<string, Set<SelectorSet>>();
  /** By protocol and name. */
  readonly #named = new Map<string, CountedSet>();

  constructor(private readonly table: PolicyTable) {}

  get #address(): string {
    return ADDRESS_TYPES[this.table.family];
  }

  /** A reference to the set of the pods that a selector chooses; `release` gives it back. */
  selector(selector: PeerSelector): CountedSet {
    const { set, isNew } = this.table.set(`pods ${selector.key}`, names.peers, `type ${this.#address} ;`);
    if (isNew) this.#fill({ selector, set, namespaces: new Set() });
    return set;
  }

  /** A reference to the set of the ports of a name; `release` gives it back. */
  named(protocol: Protocol, name: string): CountedSet {
    const key = `${protocol} ${name}`;
    const body = `type ${this.#address} . inet_proto . inet_service ;`;
    const { set, isNew } = this.table.set(`ports ${key}`, names.named, body);
    if (isNew) {
      this.#named.set(key, set);
      for (const member of this.#members.values()) this.#countPorts(member, key);
    }
    return set;
  }

  /** A reference less; a set that nobody refers to is kept no longer. */
  release(set: CountedSet): void {
    if (!this.table.release(set)) return;
    const selected = this.#selectors.get(set);
    if (selected === undefined) this.#forgetNamed(set);
    else {
      this.#selectors.delete(set);
      for (const namespace of selected.namespaces) this.#choosing.get(namespace)?.delete(selected);
      for (const namespace of selected.namespaces)
        for (const member of this.#inNamespace.get(namespace) ?? []) member.chosenBy?.delete(selected);
    }
  }

  /** A pod is a peer at these addresses from now on; at none it is no peer. */
  setPod(pod: PolicyPod, addresses: readonly string[]): void {
    const before = this.#members.get(pod.uid);
    if (before !== undefined) this.#remove(before);
    if (addresses.length > 0) this.#add({ pod, addresses });
  }

  /** Labels of a namespace; none: it is gone, and no selector of namespaces chooses its pods. */
  setNamespace(name: string, labels: Labels | undefined): void {
    if (labels === undefined) this.#namespaces.delete(name);
    else this.#namespaces.set(name, labels);
    for (const selected of this.#selectors.values()) {
      const { terms } = { terms: undefined, ...selected.selector.namespaces };
      if (terms === undefined) continue;
      const isChosen = labels !== undefined && matchesLabels(terms, labels);
      if (isChosen === selected.namespaces.has(name)) continue;
      if (isChosen) this.#choose(selected, name);
      else this.#unchoose(selected, name);
    }
  }

  #add(member: Member): void {
    const { pod } = member;
    this.#members.set(pod.uid, member);
    into(this.#inNamespace, pod.namespace, member);
    for (const selected of this.#choosing.get(pod.namespace) ?? []) this.#addTo(selected, member);
    if (this.#named.size === 0) return;
    for (const key of new Set(pod.ports.map(({ protocol, name }) => `${protocol} ${name}`)))
      this.#countPorts(member, key);
  }

  #remove(member: Member): void {
    const { pod, addresses, chosenBy = [], ports = [] } = member;
    this.#members.delete(pod.uid);
    const siblings = this.#inNamespace.get(pod.namespace);
    siblings?.delete(member);
    if (siblings?.size === 0) this.#inNamespace.delete(pod.namespace);
    for (const { set } of chosenBy) for (const address of addresses) this.table.count(set, address, -1);
    for (const [set, element] of ports) this.table.count(set, element, -1);
  }

  #fill(selected: SelectorSet): void {
    this.#selectors.set(selected.set, selected);
    const { namespaces } = selected.selector;
    if ('named' in namespaces) return this.#choose(selected, namespaces.named);
    for (const [name, labels] of this.#namespaces)
      if (matchesLabels(namespaces.terms, labels)) this.#choose(selected, name);
  }

  #choose(selected: SelectorSet, namespace: string): void {
    selected.namespaces.add(namespace);
    into(this.#choosing, namespace, selected);
    for (const member of this.#inNamespace.get(namespace) ?? []) this.#addTo(selected, member);
  }

  #unchoose(selected: SelectorSet, namespace: string): void {
    selected.namespaces.delete(namespace);
    this.#choosing.get(namespace)?.delete(selected);
    for (const member of this.#inNamespace.get(namespace) ?? []) {
      if (member.chosenBy?.delete(selected) !== true) continue;
      for (const address of member.addresses) this.table.count(selected.set, address, -1);
    }
  }

  #addTo(selected: SelectorSet, member: Member): void {
    if (!matchesLabels(selected.selector.pods, member.pod.labels)) return;
    (member.chosenBy ??= new Set()).add(selected);
    for (const address of member.addresses) this.table.count(selected.set, address, 1);
  }

  /** The ports of one protocol and name. */
  #countPorts(member: Member, key: string): void {
    const { pod, addresses } = member;
    const set = this.#named.get(key);
    if (set === undefined) return;
    for (const { protocol, name, port } of pod.ports) {
      if (`${protocol} ${name}` !== key) continue;
      for (const address of addresses) {
        const element = `${address} . ${protocol} . ${port}`;
        (member.ports ??= []).push([set, element]);
        this.table.count(set, element, 1);
      }
    }
  }

  #forgetNamed(gone: CountedSet): void {
    for (const [key, set] of this.#named) if (set === gone) this.#named.delete(key);
    for (const member of this.#members.values())
      if (member.ports !== undefined) member.ports = member.ports.filter(([set]) => set !== gone);
  }
}

function into<K, V>(groups: Map<K, Set<V>>, key: K, value: V): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, new Set([value]));
  else group.add(value);
}
