import type { NetworkPolicy, NetworkPolicySpec } from '@shiplog/contracts';
import { compilePolicy } from '../domain/compile';
import type { PolicyPod } from '../domain/policy-pod';
import type { PolicyState } from '../domain/policy-state';

/** A pod of namespace `default` with a label `app` of its name. */
export function aPolicyPod(uid: string, address: string, more: Partial<PolicyPod> = {}): PolicyPod {
  return {
    uid,
    name: uid,
    namespace: 'default',
    labels: { app: uid },
    isPeer: true,
    addresses: [address],
    ports: [],
    ...more,
  };
}

/** A policy of namespace `default`, unless another is named; `namespace/name` is its key. */
export function aPolicy(key: string, spec: NetworkPolicySpec): NetworkPolicy {
  const [namespace = 'default', name] = key.includes('/') ? key.split('/') : ['default', key];
  const text = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { namespace, name }, spec };
  return text as NetworkPolicy;
}

export const apps = (...names: string[]) => ({
  matchExpressions: [{ key: 'app', operator: 'In' as const, values: names }],
});

/** Sets policies by the keys that they have. */
export function setPolicies(state: PolicyState, ...policies: NetworkPolicy[]): void {
  for (const policy of policies)
    state.setPolicy(`${policy.metadata.namespace}/${policy.metadata.name}`, compilePolicy(policy));
}
