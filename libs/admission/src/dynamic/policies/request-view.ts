import type { KubeObject, ResourceVersion } from '@shiplog/contracts';
import { Authorizer } from '../../cel/policies/authorizer';
import { requestValue } from '../../cel/policies/environment';
import { toCel } from '../../cel/policies/values';
import type { ReadonlyCluster } from '../../context';
import { objectsIn, type AdmissionAttributes, type AdmittedObjects } from '../attributes';
import { reviewedRequest, shownNamespace, type ReviewedRequest, type RequestFacts } from '../request';

/** What a request is to expressions, in one version of its resource: each part is made for the first that names it. */
export class RequestView {
  #objects: AdmittedObjects | undefined;
  readonly #made = new Map<string, unknown>();

  constructor(
    private readonly attributes: AdmissionAttributes,
    private readonly version: ResourceVersion,
    private readonly facts: RequestFacts,
    private readonly cluster: Pick<ReadonlyCluster, 'get' | 'rights'>,
  ) {}

  /** As JSON. */
  get objects(): AdmittedObjects {
    return (this.#objects ??= objectsIn(this.attributes, this.version));
  }

  get reviewedRequest(): ReviewedRequest {
    return this.#once('reviewedRequest', () => reviewedRequest(this.attributes, this.version, this.facts));
  }

  get object(): unknown {
    return this.#once('object', () => toCel(this.objects.object));
  }

  get oldObject(): unknown {
    return this.#once('oldObject', () => toCel(this.objects.oldObject));
  }

  get request(): unknown {
    return this.#once('request', () => {
      const { options, userInfo, ...rest } = this.reviewedRequest;
      const { username = '', uid = '', groups = [], extra = {} } = userInfo;
      const user = { username, uid, groups, extra: new Map(Object.entries(extra)) };
      return requestValue({ ...rest, options: toCel(options), userInfo: user } as unknown as Parameters<
        typeof requestValue
      >[0]);
    });
  }

  get namespaceObject(): unknown {
    return this.#once('namespaceObject', () => {
      const { row, namespace } = this.attributes;
      const found = row.namespaced
        ? (this.cluster.get('namespaces', '', namespace) as KubeObject | undefined)
        : undefined;
      return found === undefined ? null : toCel(shownNamespace(found));
    });
  }

  get authorizer(): unknown {
    return this.#once('authorizer', () => {
      const { row, version, subresource, namespace, name } = this.attributes;
      const requested = { group: version.group, resource: row.plural, subresource, namespace, name };
      return new Authorizer((request) => this.cluster.rights().access(request), this.facts.user, requested);
    });
  }

  #once<T>(name: string, make: () => T): T {
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name) as T;
  }
}
