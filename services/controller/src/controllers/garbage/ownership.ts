import type { KubeObject, ObjectKey, OwnerReference, StoredObject } from '@shiplog/contracts';
import type { Catalog } from '@shiplog/apimachinery';
import { keyOf } from '@shiplog/kube';

/** Uids of objects known to be gone that are remembered, at most: each spares a question to the journal. */
const GONE_KEPT = 20_000;

/** Where an owner must be stored; undefined for a kind that doesn't exist, or a namespaced one above the namespaces. */
export function ownerKey(catalog: Catalog, dependent: KubeObject, owner: OwnerReference): ObjectKey | undefined {
  const row = catalog.ofKind(owner.apiVersion, owner.kind);
  const namespace = dependent.metadata.namespace ?? '';
  if (row === undefined || (row.namespaced && namespace === '')) return undefined;
  return { resource: row.id, namespace: row.namespaced ? namespace : '', name: owner.name };
}

/** Who owns whom, by uid, over all resources: kept up as objects change. */
export class Ownership {
  private readonly keys = new Map<string, ObjectKey>();
  private readonly dependents = new Map<string, Set<string>>();

  constructor(private readonly gone = new Set<string>()) {}

  /** One that knows of nothing but what is gone. */
  anew(): Ownership {
    return new Ownership(this.gone);
  }

  /** An object was seen as it is now; `before` as it was. */
  changed(resource: ObjectKey['resource'], before: StoredObject | undefined, after: StoredObject | undefined): void {
    if (before !== undefined && before.metadata.uid !== after?.metadata.uid) this.remove(before);
    if (after === undefined) return;
    const { uid } = after.metadata;
    this.keys.set(uid, keyOf(resource, after));
    if (before?.metadata.ownerReferences === after.metadata.ownerReferences) return;
    for (const owner of before?.metadata.ownerReferences ?? []) this.dependents.get(owner.uid)?.delete(uid);
    for (const owner of after.metadata.ownerReferences ?? []) {
      const set = this.dependents.get(owner.uid) ?? new Set();
      this.dependents.set(owner.uid, set.add(uid));
    }
  }

  /** Where the object of this uid is; undefined when it isn't there (any more). */
  keyOf(uid: string): ObjectKey | undefined {
    return this.keys.get(uid);
  }

  /** Uids of the objects that name this one as an owner, in an order that does not depend on when they were seen. */
  dependentsOf(uid: string): string[] {
    return [...(this.dependents.get(uid) ?? [])].sort();
  }

  /** An object of this uid was there and is no more: uids don't come back. */
  isGone(uid: string): boolean {
    return this.gone.has(uid);
  }

  /** What the journal has said of a uid that was never seen here. */
  noteGone(uid: string): void {
    this.gone.add(uid);
    for (const oldest of this.gone) {
      if (this.gone.size <= GONE_KEPT) break;
      this.gone.delete(oldest);
    }
  }

  private remove({ metadata: { uid, ownerReferences = [] } }: StoredObject): void {
    this.keys.delete(uid);
    this.noteGone(uid);
    for (const owner of ownerReferences) {
      const set = this.dependents.get(owner.uid);
      set?.delete(uid);
      if (set?.size === 0) this.dependents.delete(owner.uid);
    }
  }
}
