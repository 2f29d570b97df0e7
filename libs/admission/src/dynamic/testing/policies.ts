import type { KubeObject, KubeStatus, StoredObject } from '@shiplog/contracts';
import { builtIn, type BuiltIn } from '@shiplog/contracts';
import type { Rights } from '@shiplog/authorization';
import { admitCreate } from '../../create';
import { admission, FewObjects, stored } from '../../testing/builders';
import { admitUpdate } from '../../update';
import type { AccessCheck } from '../../cel/policies/authorizer';
import { AdmissionRun } from '../run';

const apiVersion = 'admissionregistration.k8s.io/v1';
const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';

const MUTATING_POLICIES = 'mutatingadmissionpolicies.admissionregistration.k8s.io';
const MUTATING_BINDINGS = 'mutatingadmissionpolicybindings.admissionregistration.k8s.io';

/** Rules that mean every write of some resources. */
export const rulesFor = (...resources: string[]) => [
  { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources, scope: '*' },
];

export const configMap = (data: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'default', ...metadata },
  data,
});

/** A cluster with some policies, and what becomes of writes in it. */
export class GivenPolicies {
  readonly cluster = new FewObjects();
  warnings: string[] = [];
  annotations: Record<string, string> = {};
  readonly user = { username: 'ann', groups: ['devs', 'system:authenticated'], extra: { team: ['blue'] } };

  /** @param access what the users of this cluster may do; as its roles say, where it is not given */
  constructor(access?: AccessCheck) {
    if (access !== undefined) this.cluster.rights = () => ({ access }) as unknown as Rights;
  }

  /** A ValidatingAdmissionPolicy for ConfigMaps, and its binding, which denies. */
  policy(name: string, spec: object, binding: object | null = {}): this {
    const matchConstraints = { resourceRules: rulesFor('configmaps') };
    this.#put(POLICIES, 'ValidatingAdmissionPolicy', name, { failurePolicy: 'Fail', matchConstraints, ...spec });
    return binding === null ? this : this.binding(name, { policyName: name, ...binding });
  }

  binding(name: string, spec: object): this {
    const validationActions = ['Deny'];
    return this.#put(BINDINGS, 'ValidatingAdmissionPolicyBinding', `${name}-binding`, { validationActions, ...spec });
  }

  /** A MutatingAdmissionPolicy for ConfigMaps, with its binding. */
  mutating(name: string, mutations: readonly object[], spec: object = {}, binding: object = {}): this {
    const matchConstraints = { resourceRules: [{ ...rulesFor('configmaps')[0], operations: ['CREATE', 'UPDATE'] }] };
    const policy = { failurePolicy: 'Fail', reinvocationPolicy: 'Never', matchConstraints, mutations, ...spec };
    this.#put(MUTATING_POLICIES, 'MutatingAdmissionPolicy', name, policy);
    return this.#put(MUTATING_BINDINGS, 'MutatingAdmissionPolicyBinding', name, { policyName: name, ...binding });
  }

  namespace(name: string, labels: Record<string, string>): this {
    const metadata = { name, labels };
    this.cluster.put('namespaces', stored({ apiVersion: 'v1', kind: 'Namespace', metadata }));
    return this;
  }

  object(resource: BuiltIn, object: KubeObject): this {
    this.cluster.put(resource, stored(object));
    return this;
  }

  #put(resource: BuiltIn, kind: string, name: string, spec: object): this {
    this.cluster.put(resource, stored({ apiVersion, kind, metadata: { name }, spec } as KubeObject));
    return this;
  }

  #context(more: object = {}) {
    const warnings: string[] = [];
    const options = { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' };
    const dynamic = new AdmissionRun(this.cluster, { user: this.user, dryRun: false, options, ...more }, warnings);
    this.warnings = warnings;
    return { dynamic, ctx: admission({ state: this.cluster, user: this.user, dynamic }) };
  }

  #after<T extends { ok: true; value: KubeObject } | { ok: false; status: KubeStatus }>(
    run: AdmissionRun,
    result: T,
  ): T {
    this.annotations = Object.fromEntries(run.annotations);
    return result;
  }

  create(object: KubeObject = configMap(), resource: BuiltIn = 'configmaps', facts?: object) {
    const { dynamic, ctx } = this.#context(facts);
    const context = { ...ctx, apiVersion: object.apiVersion };
    return this.#after(dynamic, admitCreate(builtIn(resource), structuredClone(object), context));
  }

  update(before: StoredObject, object: KubeObject, resource: BuiltIn = 'configmaps', subresource?: string) {
    const { dynamic, ctx } = this.#context();
    const submitted = structuredClone(object);
    return this.#after(dynamic, admitUpdate(builtIn(resource), subresource, before, submitted, ctx));
  }

  /** The message of a refused creation; '' for one that is accepted. */
  denial(object?: KubeObject, resource?: BuiltIn): string {
    const result = this.create(object, resource);
    return result.ok ? '' : (result.status.message ?? '');
  }
}
