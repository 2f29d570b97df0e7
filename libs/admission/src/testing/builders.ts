import {
  type BuiltIn,
  type KubeObject,
  type ObjectOf,
  type ResourceId,
  type StoredObject,
  builtIn,
  localKey,
} from '@shiplog/contracts';
import { Rights } from '@shiplog/authorization';
import { Catalog } from '@shiplog/apimachinery';
import { SEED, stored, valueOf } from '../../../apimachinery/src/testing/objects';
import { admitCreate } from '../create';
import type { AdmissionContext, ReadonlyCluster } from '../context';
import { QuotaLedger } from '../plugins/resource-quota/ledger';
import { usageOf } from '../plugins/resource-quota/usage';
import { AdmissionHooks } from '../dynamic/hooks';
import { Allocations } from '../service-rules/allocations';

export * from '../../../apimachinery/src/testing/objects';

/** A cluster of a few objects in a map; the namespace `default` is always there. */
export class FewObjects implements ReadonlyCluster {
  readonly catalog = Catalog.builtIn;
  readonly #objects = new Map<string, StoredObject>();

  constructor() {
    this.put('namespaces', stored({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }));
  }

  put(resource: ResourceId, object: StoredObject): this {
    this.#objects.set(`${resource} ${localKey(object.metadata.namespace ?? '', object.metadata.name)}`, object);
    return this;
  }

  get<R extends ResourceId>(resource: R, namespace: string, name: string): ObjectOf<R> | undefined {
    return this.#objects.get(`${resource} ${localKey(namespace, name)}`) as unknown as ObjectOf<R> | undefined;
  }

  list<R extends ResourceId>(resource: R, namespace = ''): readonly ObjectOf<R>[] {
    const found = [...this.#objects].filter(([key]) => key.startsWith(`${resource} ${namespace}`));
    return found.map(([, object]) => object) as unknown as ObjectOf<R>[];
  }

  allocations(): Allocations {
    return new Allocations(this.list('services'));
  }

  rights(): Rights {
    return new Rights((resource) => this.list(resource) as unknown as StoredObject[]);
  }

  quotaLedger(namespace: string): QuotaLedger {
    const ledger = new QuotaLedger();
    for (const [key, object] of this.#objects) {
      if (object.metadata.namespace !== namespace) continue;
      ledger.replace(undefined, usageOf(key.slice(0, key.indexOf(' ')), object));
    }
    return ledger;
  }

  size(resource: ResourceId): number {
    return this.list(resource).length;
  }

  admissionHooks(): AdmissionHooks {
    return AdmissionHooks.of(this);
  }
}

export function admission(given: Partial<AdmissionContext> = {}): AdmissionContext {
  return {
    now: '2024-05-05T01:02:03.456Z',
    state: new FewObjects(),
    seed: SEED,
    settings: { serviceCidr: '10.96.0.0/16', clusterCidr: '10.244.0.0/16', nodePortRange: [30000, 32767] },
    user: { username: 'tester', groups: ['system:masters', 'system:authenticated'] },
    ...given,
  };
}

/** Creates an object and answers it as stored. */
export function created<R extends BuiltIn>(
  resource: R,
  object: KubeObject,
  ctx = admission(),
): ObjectOf<R> & StoredObject {
  return stored(valueOf(admitCreate(builtIn(resource), object, ctx))) as ObjectOf<R> & StoredObject;
}
