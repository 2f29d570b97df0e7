import { Injectable } from '@nestjs/common';
import type { ServedApi, ServedResource } from '@shiplog/representation';
import type { ResourceTarget, Target, Verb } from '../../rest/request-info';
import { Series, type RequestLabels } from './series';

/** Of a request before its body, as far as its labels go. */
interface Head {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
}

const VERBS: Readonly<Record<Verb, string>> = {
  create: 'POST',
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
};
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** What is no resource and told apart all the same; any other path has no label of its own, so that nobody can make more. */
const PATHS = new Set(['/healthz', '/livez', '/readyz', '/version', '/metrics', '/openapi/v2', '/openapi/v3']);

/**
 * Counts requests by what they are for. How many series there can be is bounded by what is served: each has the labels of a
 * resource that exists, or existed since the start.
 */
@Injectable()
export class RequestMetrics {
  readonly #all = new Map<string, Series>();

  /** The series of a resource by what is asked of it: found without making a text of all labels for each request. */
  readonly #ofResources = new WeakMap<ServedResource, Map<string, Series>>();

  /** How many events watches of each resource were sent, by its group, version and kind. */
  readonly #watchEvents = new Map<string, { readonly labels: Record<string, string>; count: number }>();

  /** The series of a request. */
  of(target: Target, verb: Verb | undefined, head: Head): Series {
    if (target.area === 'resource' && verb !== undefined) return this.#ofResource(target, verb, head);
    const path = target.area === 'other' && PATHS.has(head.path) ? head.path : '';
    const method = METHODS.has(head.method) ? head.method : 'OTHER';
    return this.#with({
      verb: method,
      dry_run: '',
      group: '',
      version: '',
      resource: '',
      subresource: path,
      scope: '',
    });
  }

  /** A watch was sent so many events. */
  watched({ labels: { group, version }, kind }: Series, events: number): void {
    const key = `${group}/${version}/${kind}`;
    const known = this.#watchEvents.get(key);
    if (known === undefined) this.#watchEvents.set(key, { labels: { group, version, kind }, count: events });
    else known.count += events;
  }

  /** Forgets the series of what is not served any more, which nobody adds to. */
  prune(api: ServedApi): void {
    for (const [key, { labels }] of this.#all) {
      const { group, version, resource } = labels;
      if (resource !== '' && api.resource(group, version, resource) === undefined) this.#all.delete(key);
    }
  }

  get series(): Iterable<Series> {
    return this.#all.values();
  }

  get watchEvents(): Iterable<{ readonly labels: Record<string, string>; readonly count: number }> {
    return this.#watchEvents.values();
  }

  #ofResource(target: ResourceTarget, verb: Verb, { query, headers }: Head): Series {
    const { resource, subresource } = target;
    let known = this.#ofResources.get(resource);
    if (known === undefined) this.#ofResources.set(resource, (known = new Map<string, Series>()));
    const name = verb === 'patch' && isApply(headers) ? 'APPLY' : VERBS[verb];
    const dryRun = 'dryRun' in query ? 'All' : '';
    const scope = scopeOf(target, verb);
    const key = `${name} ${subresource?.name ?? ''} ${scope} ${dryRun}`;
    let series = known.get(key);
    if (series === undefined) {
      const { group, version, plural, kind } = resource;
      const about = { group, version, resource: plural, subresource: subresource?.name ?? '' };
      series = this.#with({ verb: name, dry_run: dryRun, ...about, scope }, kind);
      known.set(key, series);
    }
    return series;
  }

  #with(labels: RequestLabels, kind = ''): Series {
    const key = Object.values(labels).join(' ');
    let series = this.#all.get(key);
    if (series === undefined) this.#all.set(key, (series = new Series(labels, kind)));
    return series;
  }
}

/** As Kubernetes' metrics have it (CleanScope). */
function scopeOf({ name, namespace }: ResourceTarget, verb: Verb): string {
  if (name !== undefined || verb === 'create') return 'resource';
  return namespace === '' ? 'cluster' : 'namespace';
}

function isApply(headers: Head['headers']): boolean {
  const type = headers['content-type'];
  return typeof type === 'string' && type.startsWith('application/apply-patch');
}
