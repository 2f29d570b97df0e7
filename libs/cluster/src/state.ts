import type { LogEvent, ObjectOf, ResourceId, StoredObject } from '@shiplog/contracts';
import { Catalog, definedResource, DEFINITIONS } from '@shiplog/apimachinery';
import {
  AdmissionHooks,
  Allocations,
  configuresAdmission,
  type ReadonlyAllocations,
  type ReadonlyQuotaLedger,
} from '@shiplog/admission';
import { Rights, type ReadonlyRights } from '@shiplog/authorization';
import { Collection } from './collection';
import { foldObject } from './fold';
import { NamespaceLedgers } from './namespace-ledgers';
import { ControlledObjects, isControlled } from './controlled-objects';
import { PodsOfNodes } from './pods-of-nodes';
import { ReferringNodes } from './referring-nodes';
import { SelectedPods } from './selected-pods';
import { SlicesOfServices } from './slices-of-services';

/** What an event did: the object before and after it. */
export interface AppliedEvent {
  event: LogEvent;
  before?: StoredObject;
  after?: StoredObject;
}

/** The part of a state that deciders see. */
export interface ReadonlyCluster {
  /** What resources there are. */
  readonly catalog: Catalog;
  get<R extends ResourceId>(resource: R, namespace: string, name: string): ObjectOf<R> | undefined;
  /** By namespace and name; all namespaces when none (or '') is given. */
  list<R extends ResourceId>(resource: R, namespace?: string): readonly ObjectOf<R>[];
  /**
   * Those whose controlling owner has this uid (in any namespace), by their names. Only of resources that controllers make
   * many of (see `isControlled`): throws for others.
   */
  controlledBy<R extends ResourceId>(resource: R, uid: string): readonly ObjectOf<R>[];
  /** Those of a namespace without a controlling owner, by their names; of the same resources as `controlledBy`. */
  uncontrolled<R extends ResourceId>(resource: R, namespace: string): readonly ObjectOf<R>[];
  /** The Services of a namespace whose selector chooses what has these labels, by their names. */
  servicesChoosing(
    namespace: string,
    labels: Readonly<Record<string, string>> | undefined,
  ): readonly ObjectOf<'services'>[];
  /** The pods that the selector of a Service chooses, by their names. */
  podsChosenBy(namespace: string, service: string): readonly ObjectOf<'pods'>[];
  /** The EndpointSlices that have the name of a Service on them, by their names. */
  slicesOf(namespace: string, service: string): readonly ObjectOf<'endpointslices.discovery.k8s.io'>[];
  size(resource?: ResourceId): number;
  /** What the services hold. */
  allocations(): ReadonlyAllocations;
  /** Who may do what. */
  rights(): ReadonlyRights;
  /** What the objects of a namespace use of what quotas limit. */
  quotaLedger(namespace: string): ReadonlyQuotaLedger;
  /** The policies and webhooks that have a say in writes. */
  admissionHooks(): AdmissionHooks;
}

/** The state of a cluster: the fold of its log. Objects are immutable; the state is not. */
export class ClusterState implements ReadonlyCluster {
  /** Made by the first object of a resource: what kinds there are is the log's to say. */
  readonly #collections: Map<ResourceId, Collection>;
  /** Made for the first who asks, kept up to date from then on: a fold that nobody decides on pays nothing. */
  #allocations: Allocations | undefined;
  /** As these: only who is asked for a node's pods pays. */
  #podsOfNodes: PodsOfNodes | undefined;
  #referringNodes: ReferringNodes | undefined;
  #selectedPods: SelectedPods | undefined;
  #slicesOfServices: SlicesOfServices | undefined;
  readonly #controlled = new Map<ResourceId, ControlledObjects>();
  #rights: Rights | undefined;
  /** As these: only namespaces with quotas pay. */
  readonly #ledgers = new NamespaceLedgers(this);
  /** Made anew for the first who asks after a change. */
  #admissionHooks: AdmissionHooks | undefined;
  #catalog: Catalog;

  /** @param fold of one object; a view folds what it keeps */
  constructor(
    collections: Map<ResourceId, Collection> = new Map(),
    private readonly fold: typeof foldObject = foldObject,
    catalog = Catalog.builtIn,
  ) {
    this.#collections = collections;
    this.#catalog = catalog;
  }

  /** What is built in, and what the CustomResourceDefinitions of this state make. */
  get catalog(): Catalog {
    return this.#catalog;
  }

  /** The resources that have objects, or had some since this state began; in the order of their names. */
  resources(): readonly ResourceId[] {
    return [...this.#collections.keys()].sort();
  }

  get<R extends ResourceId>(resource: R, namespace: string, name: string): ObjectOf<R> | undefined {
    return this.#collections.get(resource)?.get(namespace, name) as ObjectOf<R> | undefined;
  }

  list<R extends ResourceId>(resource: R, namespace?: string): readonly ObjectOf<R>[] {
    return (this.#collections.get(resource)?.list(namespace) ?? NOTHING) as readonly ObjectOf<R>[];
  }

  /** Puts each object of a resource in its place in the list as it comes: the first list has nothing to sort then. */
  keepSorted(resource: ResourceId): void {
    this.#collection(resource).keepSorted();
  }

  /** In no particular order: for hashing and snapshots. */
  values(resource: ResourceId): Iterable<StoredObject> {
    return this.#collections.get(resource)?.values() ?? NOTHING;
  }

  /** Of a node: those that are bound to it, in no particular order. */
  podsOf(node: string): Iterable<StoredObject> {
    return (this.#podsOfNodes ??= new PodsOfNodes(this.values('pods'))).of(node);
  }

  /** The nodes that have a pod which names an object of its namespace (see `referencesOf`), for example `configmaps/web`. */
  nodesNaming(namespace: string, reference: string): Iterable<string> {
    return (this.#referringNodes ??= new ReferringNodes(this.values('pods'))).of(namespace, reference);
  }

  controlledBy<R extends ResourceId>(resource: R, uid: string): readonly ObjectOf<R>[] {
    return this.#controlledObjects(resource).of(uid) as ObjectOf<R>[];
  }

  uncontrolled<R extends ResourceId>(resource: R, namespace: string): readonly ObjectOf<R>[] {
    return this.#controlledObjects(resource).without(namespace) as ObjectOf<R>[];
  }

  servicesChoosing(
    namespace: string,
    labels: Readonly<Record<string, string>> | undefined,
  ): readonly ObjectOf<'services'>[] {
    const names = this.#selections.servicesChoosing(namespace, labels);
    return names.flatMap((name) => this.get('services', namespace, name) ?? []);
  }

  podsChosenBy(namespace: string, service: string): readonly ObjectOf<'pods'>[] {
    const names = this.#selections.podsOf(namespace, service);
    return names.flatMap((name) => this.get('pods', namespace, name) ?? []);
  }

  slicesOf(namespace: string, service: string): readonly ObjectOf<typeof SLICES>[] {
    const slices = (this.#slicesOfServices ??= new SlicesOfServices(this.values(SLICES)));
    return slices.of(namespace, service) as ObjectOf<typeof SLICES>[];
  }

  size(resource?: ResourceId): number {
    if (resource !== undefined) return this.#collections.get(resource)?.size ?? 0;
    let sum = 0;
    for (const collection of this.#collections.values()) sum += collection.size;
    return sum;
  }

  allocations(): ReadonlyAllocations {
    return (this.#allocations ??= new Allocations(this.list('services')));
  }

  rights(): ReadonlyRights {
    return (this.#rights ??= new Rights((resource) => this.values(resource)));
  }

  admissionHooks(): AdmissionHooks {
    return (this.#admissionHooks ??= AdmissionHooks.of(this));
  }

  quotaLedger(namespace: string): ReadonlyQuotaLedger {
    return this.#ledgers.of(namespace);
  }

  /** Folds one event in. Throws a FoldError when it can't follow this state. */
  apply(event: LogEvent): AppliedEvent {
    const collection = this.#collection(event.resource);
    const before = collection.get(event.namespace, event.name);
    const after = this.fold(before, event);
    if (after === undefined) collection.delete(event.namespace, event.name);
    else collection.set(event.namespace, event.name, after);
    this.#derive(event.resource, before, after);
    return { event, before, after };
  }

  /** Places an object as it is: for loading snapshots. */
  put(resource: ResourceId, object: StoredObject): void {
    const { namespace = '', name } = object.metadata;
    const collection = this.#collection(resource);
    this.#derive(resource, collection.get(namespace, name), object);
    collection.set(namespace, name, object);
  }

  /** Takes an object out without an event: for a view of part of the cluster that the object has left. */
  remove(resource: ResourceId, namespace: string, name: string): void {
    const collection = this.#collections.get(resource);
    this.#derive(resource, collection?.get(namespace, name), undefined);
    collection?.delete(namespace, name);
  }

  /** A state of its own over the same (immutable) objects: cheap, for a snapshot or a what-if. */
  copy(): ClusterState {
    const collections = [...this.#collections].map(([id, collection]) => [id, collection.copy()] as const);
    return new ClusterState(new Map(collections), this.fold, this.#catalog);
  }

  /** Keeps what is made from objects of some resources in step with them. */
  #derive(resource: ResourceId, before: StoredObject | undefined, after: StoredObject | undefined): void {
    this.#ledgers.replace(resource, before, after);
    this.#controlled.get(resource)?.replace(before, after);
    if (resource === 'services') {
      type Service = ObjectOf<'services'> | undefined;
      this.#allocations?.replace(before as Service, after as Service);
      this.#selectedPods?.replaceService(before, after);
    } else if (resource === SLICES) {
      this.#slicesOfServices?.replace(before, after);
    } else if (resource === 'pods') {
      this.#selectedPods?.replacePod(before, after);
      this.#podsOfNodes?.replace(before, after);
      this.#referringNodes?.replace(before, after);
    } else if (Rights.has(resource)) {
      this.#rights?.replace(resource, before, after);
    } else if (resource === DEFINITIONS) {
      const made = after === undefined ? undefined : definedResource(after as ObjectOf<typeof DEFINITIONS>);
      if (made !== undefined) this.#catalog = this.#catalog.with(made);
      else if (before !== undefined) this.#catalog = this.#catalog.without(before.metadata.name);
    } else if (configuresAdmission(resource)) this.#admissionHooks = undefined;
  }

  get #selections(): SelectedPods {
    return (this.#selectedPods ??= new SelectedPods(this.values('services'), this.values('pods'), (namespace) =>
      this.list('pods', namespace),
    ));
  }

  #controlledObjects(resource: ResourceId): ControlledObjects {
    let objects = this.#controlled.get(resource);
    if (objects === undefined) {
      if (!isControlled(resource)) throw new Error(`${resource} are not found by their controller`);
      this.#controlled.set(resource, (objects = new ControlledObjects(this.values(resource))));
    }
    return objects;
  }

  #collection(resource: ResourceId): Collection {
    let collection = this.#collections.get(resource);
    if (collection === undefined) this.#collections.set(resource, (collection = new Collection()));
    return collection;
  }
}

const NOTHING: readonly never[] = [];
const SLICES = 'endpointslices.discovery.k8s.io';
