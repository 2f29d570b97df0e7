import type { KubeObject } from '@shiplog/contracts';
import { ok, sameJson, type Result } from '@shiplog/apimachinery';
import type { AdmissionAttributes } from './attributes';
import type { ResourceHooks } from './hooks';
import { Reinvocation, type Readmit } from './mutation';
import { mutateByPolicies } from './policies/mutating';
import type { AdmissionRun } from './run';
import { mutateByWebhooks } from './webhooks/mutating';

/** All that mutates a request: policies, then webhooks; and those of either once more that want it, when others changed the object. */
export class Mutating {
  readonly #policies = new Reinvocation();
  readonly #webhooks = new Reinvocation();

  constructor(
    private readonly hooks: ResourceHooks,
    private readonly run: AdmissionRun,
  ) {}

  /** The same object where nothing changes it. */
  object(attributes: AdmissionAttributes, readmit: Readmit): Result<KubeObject | undefined> {
    const { mutatingPolicies, mutatingWebhooks } = this.hooks;
    if (mutatingPolicies.length === 0 && mutatingWebhooks.length === 0) return ok(attributes.object);
    const first = this.#pass(attributes, false);
    if (!first.ok) return first;
    const { object } = first.value;
    if (object === undefined || sameJson(object, attributes.object)) return ok(attributes.object);
    const readmitted = readmit(structuredClone(object));
    if (!readmitted.ok) return readmitted;
    const second = this.#pass({ ...first.value, object: readmitted.value }, true);
    return second.ok ? ok(second.value.object) : second;
  }

  #pass(attributes: AdmissionAttributes, again: boolean): Result<AdmissionAttributes> {
    const { hooks, run } = this;
    const policies = { reinvocation: this.#policies, again };
    const webhooks = { reinvocation: this.#webhooks, again };
    if (again) this.#policies.begunAgain(attributes.object);
    const changed = mutateByPolicies(hooks.mutatingPolicies, attributes, run, policies);
    if (!changed.ok) return changed;
    this.#policies.finished(changed.value.object);
    if (again) this.#webhooks.begunAgain(changed.value.object);
    const result = mutateByWebhooks(hooks.mutatingWebhooks, changed.value, run, webhooks);
    if (result.ok) this.#webhooks.finished(result.value.object);
    return result;
  }
}
