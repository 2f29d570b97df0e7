import type { KubeObject, ObjectOf, Pod, ResourceId, StoredObject } from '@shiplog/contracts';
import { QuotaLedger, type ReadonlyQuotaLedger, usageOf } from '@shiplog/admission';

const QUOTAS: ResourceId = 'resourcequotas';

/** The state, as far as ledgers are made of it. */
interface Source {
  resources(): readonly ResourceId[];
  list<R extends ResourceId>(resource: R, namespace?: string): readonly ObjectOf<R>[];
}

/** The ledgers of namespaces that have quotas: each is made for the first who asks, and kept up to date from then on. */
export class NamespaceLedgers {
  readonly #ledgers = new Map<string, QuotaLedger>();

  constructor(private readonly source: Source) {}

  of(namespace: string): ReadonlyQuotaLedger {
    let ledger = this.#ledgers.get(namespace);
    if (ledger === undefined) this.#ledgers.set(namespace, (ledger = this.#made(namespace)));
    return ledger;
  }

  /** An object changed; undefined stands for one that is not there. */
  replace(resource: ResourceId, before: StoredObject | undefined, after: StoredObject | undefined): void {
    if (this.#ledgers.size === 0) return;
    const { namespace = '' } = (after ?? before)?.metadata ?? {};
    const ledger = this.#ledgers.get(namespace);
    if (ledger === undefined) return;
    if (resource === QUOTAS && after === undefined && this.source.list(QUOTAS, namespace).length === 0) {
      // Nobody asks again until there is another one.
      this.#ledgers.delete(namespace);
    } else if (mayUseOtherwise(resource, before, after)) {
      ledger.replace(before && usageOf(resource, before), after && usageOf(resource, after));
    }
  }

  #made(namespace: string): QuotaLedger {
    const ledger = new QuotaLedger();
    for (const resource of this.source.resources()) {
      for (const object of this.source.list(resource, namespace)) ledger.replace(undefined, usageOf(resource, object));
    }
    return ledger;
  }
}

/** Most changes are of something else: what an object uses is in its spec, the phase of a pod, and the size that a claim was given. */
export function mayUseOtherwise(
  resource: ResourceId,
  before: KubeObject | undefined,
  after: KubeObject | undefined,
): boolean {
  if (before === undefined || after === undefined) return true;
  if (resource !== 'pods' && resource !== 'services' && resource !== 'persistentvolumeclaims') return false;
  if (before['spec'] !== after['spec'] || before.metadata.annotations !== after.metadata.annotations) return true;
  if (resource !== 'pods') return before['status'] !== after['status'];
  return (before as Pod).status?.phase !== (after as Pod).status?.phase;
}
