import type { Container, PodSpec } from '@shiplog/contracts';
import { addQuantities, compareQuantities } from '@shiplog/apimachinery';
import { isSidecar } from '@shiplog/kube';

type Texts = Readonly<Record<string, string>>;

/** Amounts by resource, as quantities. */
class Amounts {
  readonly #byName: Map<string, string>;

  constructor(amounts: Iterable<readonly [string, string]> = []) {
    this.#byName = new Map(amounts);
  }

  add(amounts: Texts = {}): this {
    for (const [name, amount] of Object.entries(amounts)) {
      const present = this.#byName.get(name);
      this.#byName.set(name, present === undefined ? amount : addQuantities(present, amount));
    }
    return this;
  }

  atLeast(other: Amounts): this {
    for (const [name, amount] of other.#byName) {
      const present = this.#byName.get(name);
      if (present === undefined || compareQuantities(present, amount) < 0) this.#byName.set(name, amount);
    }
    return this;
  }

  copy(): Amounts {
    return new Amounts(this.#byName);
  }

  texts(): Record<string, string> {
    return Object.fromEntries(this.#byName);
  }
}

/**
 * What a pod requests, or is limited to, altogether: its containers, or the init container that asks most when that is more,
 * and sidecars with either; requests of the pod itself go before the sum; then the overhead (PodRequests and PodLimits in
 * Kubernetes' pkg/api/v1/resource).
 */
export function podAmounts(spec: PodSpec, kind: 'requests' | 'limits'): Amounts {
  const of = ({ resources }: Container): Texts | undefined => resources?.[kind];
  const running = new Amounts();
  for (const container of spec.containers) running.add(of(container));
  const starting = new Amounts();
  const sidecars = new Amounts();
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container)) {
      running.add(of(container));
      starting.atLeast(sidecars.add(of(container)));
    } else starting.atLeast(sidecars.copy().add(of(container)));
  }
  const total = running.atLeast(starting);
  const whole = { ...total.texts(), ...spec.resources?.[kind] };
  const asked = new Amounts(Object.entries(whole));
  return kind === 'requests' ? asked.add(spec.overhead) : withOverhead(asked, spec.overhead);
}

/** Overhead adds to limits that there are, and makes none. */
function withOverhead(limits: Amounts, overhead: Texts = {}): Amounts {
  const present = limits.texts();
  return limits.add(Object.fromEntries(Object.entries(overhead).filter(([name]) => Object.hasOwn(present, name))));
}
