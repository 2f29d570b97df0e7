import type { ObjectOf, StoredObject } from '@shiplog/contracts';
import { matchesSelectorMap } from '@shiplog/apimachinery';

type Labels = Readonly<Record<string, string>>;
type Service = ObjectOf<'services'>;

/** A Service, the label by which it is found, and the names of the pods that it chooses. */
interface Choice {
  readonly name: string;
  readonly selector: Labels;
  readonly pair: string;
  readonly pods: Set<string>;
}

/** The Services of one namespace that choose pods. */
class Choices {
  readonly #byName = new Map<string, Choice>();
  /** By a label that a selector asks for: of its labels the one that the fewest others were found by. */
  readonly #byPair = new Map<string, Set<Choice>>();

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  get(name: string): Choice | undefined {
    return this.#byName.get(name);
  }

  /** Those whose selectors choose what has these labels. */
  *choosing(labels: Labels = {}): Iterable<Choice> {
    for (const [key, value] of Object.entries(labels)) {
      for (const choice of this.#byPair.get(pairOf(key, value)) ?? []) {
        if (matchesSelectorMap(choice.selector, labels)) yield choice;
      }
    }
  }

  add(name: string, selector: Labels): Choice {
    const pairs = Object.entries(selector).map(([key, value]) => pairOf(key, value));
    const foundBy = (pair: string): number => this.#byPair.get(pair)?.size ?? 0;
    const pair = pairs.reduce((least, other) => (foundBy(other) < foundBy(least) ? other : least));
    const choice = { name, selector, pair, pods: new Set<string>() };
    this.#byName.set(name, choice);
    const others = this.#byPair.get(pair);
    if (others === undefined) this.#byPair.set(pair, new Set([choice]));
    else others.add(choice);
    return choice;
  }

  remove(name: string): void {
    const choice = this.#byName.get(name);
    if (choice === undefined) return;
    this.#byName.delete(name);
    const others = this.#byPair.get(choice.pair);
    others?.delete(choice);
    if (others?.size === 0) this.#byPair.delete(choice.pair);
  }
}

/**
 * Which Services choose a pod, and which pods a Service chooses. To hold each pod of a namespace against each of its Services,
 * whenever one of either changes, would take the product of the two.
 */
export class SelectedPods {
  readonly #namespaces = new Map<string, Choices>();

  /** @param podsIn the pods that there are in a namespace: looked at when a Service comes, or chooses others */
  constructor(
    services: Iterable<StoredObject>,
    pods: Iterable<StoredObject>,
    private readonly podsIn: (namespace: string) => Iterable<StoredObject>,
  ) {
    for (const service of services) this.#choose(service);
    for (const pod of pods) this.replacePod(undefined, pod);
  }

  /** The names of the Services of a namespace that choose what has these labels, in order. */
  servicesChoosing(namespace: string, labels: Labels | undefined): string[] {
    return Array.from(this.#namespaces.get(namespace)?.choosing(labels) ?? [], ({ name }) => name).sort();
  }

  /** The names of the pods that a Service chooses, in order. */
  podsOf(namespace: string, service: string): string[] {
    return [...(this.#namespaces.get(namespace)?.get(service)?.pods ?? [])].sort();
  }

  /** A Service changed; undefined stands for one that is not there. */
  replaceService(before: StoredObject | undefined, after: StoredObject | undefined): void {
    if (selectorOf(before) === selectorOf(after)) return;
    const { namespace = '', name } = ((after ?? before) as StoredObject).metadata;
    const choices = this.#namespaces.get(namespace);
    choices?.remove(name);
    if (choices?.isEmpty === true) this.#namespaces.delete(namespace);
    const choice = after && this.#choose(after);
    if (choice === undefined) return;
    for (const { metadata } of this.podsIn(namespace)) {
      if (matchesSelectorMap(choice.selector, metadata.labels)) choice.pods.add(metadata.name);
    }
  }

  /** As `replaceService`. */
  replacePod(before: StoredObject | undefined, after: StoredObject | undefined): void {
    const pod = after ?? before;
    const [was, is] = [before?.metadata.labels, after?.metadata.labels];
    if (pod === undefined || (before !== undefined && after !== undefined && was === is)) return;
    const { namespace = '', name } = pod.metadata;
    const choices = this.#namespaces.get(namespace);
    if (choices === undefined) return;
    for (const { pods } of choices.choosing(was)) pods.delete(name);
    if (after !== undefined) for (const { pods } of choices.choosing(is)) pods.add(name);
  }

  #choose(service: StoredObject): Choice | undefined {
    const selector = selectorOf(service);
    if (selector === undefined || Object.keys(selector).length === 0) return undefined;
    const { namespace = '', name } = service.metadata;
    let choices = this.#namespaces.get(namespace);
    if (choices === undefined) this.#namespaces.set(namespace, (choices = new Choices()));
    return choices.add(name, selector);
  }
}

function selectorOf(service: StoredObject | undefined): Labels | undefined {
  return (service as Service | undefined)?.spec?.selector;
}

/** No label has a line break. */
function pairOf(key: string, value: string): string {
  return `${key}\n${value}`;
}
