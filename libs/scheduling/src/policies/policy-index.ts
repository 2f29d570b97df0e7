import { DEFAULT_POLICY_NAME, POLICY_ANNOTATION, type ObjectOf, type SchedulingDecision } from '@shiplog/contracts';
import { dnsSubdomain } from '@shiplog/apimachinery';
import { annotationOf, type StoredPod } from '@shiplog/kube';
import { DEFAULT_POLICY, isBuiltIn, policyOf, type Policy } from '../policy';
import { isOfMissingPolicy, missingPolicy, userPolicy, type StoredPolicy } from './user-policy';

/** A namespace as it is stored. */
export type StoredNamespace = ObjectOf<'namespaces'>;

/** Which policy decides on a pod, as the state has it. */
export interface Policies {
  /** What a pod names, or else its namespace; undefined: the default. */
  nameFor(pod: StoredPod): string | undefined;
  /** @param fallback decides on pods that name none, and is what other policies leave out */
  policyFor(pod: StoredPod, fallback: Policy): Policy;
  /**
   * The policy that made a decision on a pod, to make it again. Throws when the state has it in another version, or with another
   * content: then this is not the state that was decided on.
   */
  policyOfDecision(pod: StoredPod, decision: RecordedPolicy): Policy;
}

/** What a decision says of its policy. */
export type RecordedPolicy = Pick<SchedulingDecision, 'policy' | 'policyHash' | 'policyBase'>;

/** A decision that cannot be made again, for the state has another policy than the one that made it. */
export class PolicyMismatch extends Error {}

interface Known {
  readonly object: StoredPolicy;
  /** By what it leaves out is of. */
  readonly resolved: Map<Policy, Policy>;
}

/** Policies and who chooses which, kept live. */
export class PolicyIndex implements Policies {
  readonly #policies = new Map<string, Known>();
  /** By namespace, where it chooses one. */
  readonly #choices = new Map<string, string>();

  /** Undefined: there is none of this name (any more). */
  setPolicy(name: string, object: StoredPolicy | undefined): void {
    if (object === undefined) this.#policies.delete(name);
    else this.#policies.set(name, { object, resolved: new Map() });
  }

  /** Undefined: there is none of this name (any more). */
  setNamespace(name: string, namespace: StoredNamespace | undefined): void {
    const choice = namespace === undefined ? undefined : annotationOf(namespace, POLICY_ANNOTATION);
    if (choice === undefined) this.#choices.delete(name);
    else this.#choices.set(name, choice);
  }

  nameFor(pod: StoredPod): string | undefined {
    const name = annotationOf(pod, POLICY_ANNOTATION) ?? this.#choices.get(pod.metadata.namespace ?? '');
    return name === DEFAULT_POLICY_NAME ? undefined : name;
  }

  policyFor(pod: StoredPod, fallback: Policy): Policy {
    const name = this.nameFor(pod);
    if (name === undefined) return fallback;
    const known = this.#policies.get(name);
    return known === undefined ? absent(name) : resolve(known, fallback);
  }

  policyOfDecision(pod: StoredPod, recorded: RecordedPolicy): Policy {
    const { policy: id, policyHash, policyBase } = recorded;
    if (isBuiltIn(id)) return policyOf(id);
    if (!isOfMissingPolicy(id) && (policyHash === undefined || policyBase === undefined)) {
      throw new PolicyMismatch(`a decision by ${id} does not say which content that had`);
    }
    const found = this.policyFor(pod, policyOf(policyBase ?? DEFAULT_POLICY));
    if (found.id !== id) throw new PolicyMismatch(`a decision was made by ${id}: the state has ${found.id}`);
    if (found.origin?.hash === policyHash) return found;
    throw new PolicyMismatch(
      `a decision was made by ${id} with the hash ${policyHash}: in the state it has ${found.origin?.hash}`,
    );
  }
}

function resolve({ object, resolved }: Known, base: Policy): Policy {
  let policy = resolved.get(base);
  if (policy === undefined) resolved.set(base, (policy = userPolicy(object, base)));
  return policy;
}

/** Annotations can hold any text: one that is no name is not repeated in conditions and decisions. */
function absent(name: string): Policy {
  if (dnsSubdomain(name).length === 0) return missingPolicy(name);
  return missingPolicy('', `annotation ${POLICY_ANNOTATION} does not name a scheduling policy`);
}
