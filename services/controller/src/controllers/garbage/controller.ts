import { type ReadonlyCluster } from '@shiplog/cluster';
import type { ObjectKey, OwnerReference, StoredObject } from '@shiplog/contracts';
import { type Catalog, sameJson } from '@shiplog/apimachinery';
import {
  SETTLED,
  type ReconcileRequest,
  type ObjectChange,
  type Controller,
  type ReconcileResult,
  type KeysOf,
  type Watches,
} from '../../runtime/domain/controller';
import { decideGarbage, FOREGROUND, ORPHAN, type Dependent, type GarbageOutcome, type Presence } from './decide';
import { ownerKey, Ownership } from './ownership';

/** The journal's word on an object as it is now: null when there is none of that name. */
export type AskJournal = (key: ObjectKey) => Promise<StoredObject | null>;

/** Before an owner that the journal knows but this state doesn't is looked for again. */
const BEHIND_MS = 1_000;

/** Removes what has lost its owners, over all resources. Keys: uids. */
export class GarbageController implements Controller {
  readonly name = 'garbage';
  readonly watches: Watches = {};
  readonly watchesAll: KeysOf = (change, state) => this.keysOf(change, state);
  private ownership = new Ownership();
  /** The one that is being made of a whole state: what changes meanwhile is noted in both. */
  private stock: Ownership | undefined;

  constructor(private readonly ask: AskJournal) {}

  /** Also takes stock of who owns whom, which counts from the end on. */
  *allKeys(state: ReadonlyCluster): Generator<string | undefined> {
    const stock = this.ownership.anew();
    this.stock = stock;
    for (const { id } of state.catalog.rows) {
      for (const { metadata } of state.list(id)) {
        const object = state.get(id, metadata.namespace ?? '', metadata.name);
        if (object === undefined) continue;
        stock.changed(id, undefined, object);
        yield concernsCollector(object) ? object.metadata.uid : undefined;
      }
    }
    this.ownership = stock;
    this.stock = undefined;
  }

  async reconcile(uid: string, request: ReconcileRequest): Promise<ReconcileResult> {
    const { state } = request;
    let outcome = this.decide(uid, state);
    if (outcome.kind === 'verify') {
      if (!(await this.verify(uid, outcome.owners, state))) return { commands: [], requeueAfterMs: BEHIND_MS };
      outcome = this.decide(uid, state);
    }
    return outcome.kind === 'act' ? { commands: outcome.commands, basis: request.position } : SETTLED;
  }

  private decide(uid: string, state: ReadonlyCluster): GarbageOutcome {
    const item = this.find(uid, state);
    if (item === undefined) return { kind: 'keep' };
    const owners = (item.object.metadata.ownerReferences ?? []).map((reference) => ({
      reference,
      presence: this.presence(item.object, reference, state),
    }));
    const dependents = this.ownership.dependentsOf(uid).flatMap((dependent) => this.find(dependent, state) ?? []);
    return decideGarbage({ ...item, owners, dependents });
  }

  /** Whether the journal confirms that none of these owners exists. */
  private async verify(uid: string, owners: readonly OwnerReference[], state: ReadonlyCluster): Promise<boolean> {
    const item = this.find(uid, state);
    if (item === undefined) return true;
    const absent = await Promise.all(owners.map((owner) => this.isAbsent(item.object, owner, state.catalog)));
    return absent.every(Boolean);
  }

  private async isAbsent(dependent: StoredObject, owner: OwnerReference, catalog: Catalog): Promise<boolean> {
    if (this.ownership.isGone(owner.uid)) return true;
    const key = ownerKey(catalog, dependent, owner);
    if (key === undefined) return false;
    const found = await this.ask(key);
    if (found?.metadata.uid === owner.uid) return false;
    this.ownership.noteGone(owner.uid);
    return true;
  }

  private presence(dependent: StoredObject, owner: OwnerReference, state: ReadonlyCluster): Presence {
    const key = ownerKey(state.catalog, dependent, owner);
    if (key === undefined) return 'there';
    const found = state.get(key.resource, key.namespace, key.name);
    if (found?.metadata.uid !== owner.uid) return this.ownership.isGone(owner.uid) ? 'gone' : 'unseen';
    const { deletionTimestamp, finalizers } = found.metadata;
    return deletionTimestamp !== undefined && finalizers?.includes(FOREGROUND) ? 'waiting' : 'there';
  }

  private find(uid: string, state: ReadonlyCluster): Dependent | undefined {
    const key = this.ownership.keyOf(uid);
    const object = key && state.get(key.resource, key.namespace, key.name);
    return key !== undefined && object?.metadata.uid === uid ? { key, object } : undefined;
  }

  /** The object itself, the owners that may wait for it, the dependents that may have to follow it. */
  private keysOf({ resource, before: was, after: is }: ObjectChange, state: ReadonlyCluster): string[] {
    this.ownership.changed(resource, was, is);
    this.stock?.changed(resource, was, is);
    if (was !== undefined && is !== undefined && sameJson(seenOf(was), seenOf(is))) return [];
    const keys: string[] = [];
    if (is !== undefined && concernsCollector(is)) keys.push(is.metadata.uid);
    for (const owner of was?.metadata.ownerReferences ?? []) {
      if (this.find(owner.uid, state)?.object.metadata.deletionTimestamp !== undefined) keys.push(owner.uid);
    }
    const left = was !== undefined && was.metadata.uid !== is?.metadata.uid ? was.metadata.uid : undefined;
    if (left !== undefined) keys.push(...this.ownership.dependentsOf(left));
    if (is?.metadata.finalizers?.includes(FOREGROUND)) keys.push(...this.ownership.dependentsOf(is.metadata.uid));
    return keys;
  }
}

/** The part of an object that the collector decides by. */
function seenOf({ metadata }: StoredObject) {
  const { uid, ownerReferences, deletionTimestamp, finalizers } = metadata;
  return { uid, ownerReferences, deletionTimestamp, finalizers };
}

function concernsCollector({ metadata }: StoredObject): boolean {
  const { ownerReferences = [], deletionTimestamp, finalizers = [] } = metadata;
  const leaving = deletionTimestamp !== undefined && (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN));
  return ownerReferences.length > 0 || leaving;
}
