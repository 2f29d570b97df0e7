import type { MatchResources, ObjectOf, ResourceId, ResourceRow, StoredObject } from '@shiplog/contracts';
import { isExempt, type MatchCriteria } from './matching';
import { mayMean } from './rules';
import { hooksOf, type Hook } from './webhooks/hook';

/** The resources that admission is configured by. */
const CONFIGURATION = {
  mutatingPolicies: 'mutatingadmissionpolicies.admissionregistration.k8s.io',
  mutatingBindings: 'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
  mutatingWebhooks: 'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  validatingWebhooks: 'validatingwebhookconfigurations.admissionregistration.k8s.io',
  validatingPolicies: 'validatingadmissionpolicies.admissionregistration.k8s.io',
  validatingBindings: 'validatingadmissionpolicybindings.admissionregistration.k8s.io',
} as const satisfies Record<string, ResourceId>;

const RESOURCES: ReadonlySet<ResourceId> = new Set(Object.values(CONFIGURATION));

/** Whether a resource is one that admission is configured by. */
export function configuresAdmission(resource: ResourceId): boolean {
  return RESOURCES.has(resource);
}

/** A policy with what binds it to requests. */
export interface Bound<P, B> {
  readonly policy: P;
  readonly criteria: MatchCriteria;
  readonly bindings: readonly { readonly binding: B; readonly criteria: MatchCriteria }[];
}

/** What may have a say in requests for one resource, in the order in which it is asked. */
export interface ResourceHooks {
  readonly mutatingWebhooks: readonly Hook[];
  readonly validatingWebhooks: readonly Hook[];
  readonly mutatingPolicies: readonly Bound<
    ObjectOf<typeof CONFIGURATION.mutatingPolicies>,
    ObjectOf<typeof CONFIGURATION.mutatingBindings>
  >[];
  readonly validatingPolicies: readonly Bound<
    ObjectOf<typeof CONFIGURATION.validatingPolicies>,
    ObjectOf<typeof CONFIGURATION.validatingBindings>
  >[];
}

const NONE: ResourceHooks = {
  mutatingPolicies: [],
  mutatingWebhooks: [],
  validatingPolicies: [],
  validatingWebhooks: [],
};

interface Listing {
  size(resource: ResourceId): number;
  list<R extends ResourceId>(resource: R): readonly ObjectOf<R>[];
}

/**
 * All policies and webhooks of a state, by the resources that their rules name: a request looks only at those that may mean it, and
 * where there are none it looks at nothing. Made anew when one of them changes.
 */
export class AdmissionHooks {
  readonly #byResource = new Map<ResourceId, ResourceHooks>();

  private constructor(private readonly all: ResourceHooks) {}

  static readonly none = new AdmissionHooks(NONE);

  static of(state: Listing): AdmissionHooks {
    if ([...RESOURCES].every((resource) => state.size(resource) === 0)) return AdmissionHooks.none;
    return new AdmissionHooks({
      mutatingWebhooks: hooksOf('mutating', state.list(CONFIGURATION.mutatingWebhooks)),
      validatingWebhooks: hooksOf('validating', state.list(CONFIGURATION.validatingWebhooks)),
      mutatingPolicies: boundPolicies(
        state.list(CONFIGURATION.mutatingPolicies),
        state.list(CONFIGURATION.mutatingBindings),
      ),
      validatingPolicies: boundPolicies(
        state.list(CONFIGURATION.validatingPolicies),
        state.list(CONFIGURATION.validatingBindings),
      ),
    });
  }

  /** Undefined where nothing can have a say. */
  for(row: ResourceRow): ResourceHooks | undefined {
    if (this === AdmissionHooks.none || isExempt(row)) return undefined;
    let known = this.#byResource.get(row.id);
    if (known === undefined) this.#byResource.set(row.id, (known = this.#select(row)));
    return known === NONE ? undefined : known;
  }

  #select({ plural }: ResourceRow): ResourceHooks {
    const concerned = <T extends { readonly criteria: MatchCriteria }>(hooks: readonly T[]): readonly T[] =>
      hooks.filter(({ criteria }) => mayMean(criteria.resourceRules ?? [], plural));
    const { mutatingPolicies, mutatingWebhooks, validatingPolicies, validatingWebhooks } = this.all;
    const chosen: ResourceHooks = {
      mutatingPolicies: concerned(mutatingPolicies),
      mutatingWebhooks: concerned(mutatingWebhooks),
      validatingPolicies: concerned(validatingPolicies),
      validatingWebhooks: concerned(validatingWebhooks),
    };
    return Object.values(chosen).every((hooks) => hooks.length === 0) ? NONE : chosen;
  }
}

interface Policy extends StoredObject {
  readonly spec?: { readonly matchConstraints?: MatchResources };
}

interface Binding extends StoredObject {
  readonly spec?: { readonly policyName?: string; readonly matchResources?: MatchResources };
}

/** Policies with their bindings; one that nothing binds is not there. */
function boundPolicies<P extends Policy, B extends Binding>(
  policies: readonly P[],
  bindings: readonly B[],
): Bound<P, B>[] {
  const byPolicy = new Map<string, Bound<P, B>['bindings'][number][]>();
  for (const binding of bindings) {
    const { policyName = '', matchResources = {} } = binding.spec ?? {};
    const known = byPolicy.get(policyName) ?? [];
    known.push({ binding, criteria: { ...matchResources, emptyMeansAll: true } });
    byPolicy.set(policyName, known);
  }
  return policies.flatMap((policy) => {
    const bound = byPolicy.get(policy.metadata.name);
    if (bound === undefined) return [];
    return [{ policy, criteria: { ...policy.spec?.matchConstraints, emptyMeansAll: false }, bindings: bound }];
  });
}
