import { Injectable } from '@nestjs/common';
import { StatusError, type ListMeta, type ResourceId, type StoredObject } from '@shiplog/contracts';
import { scaleOf } from '@shiplog/admission';
import { fromStored, statusOf } from '@shiplog/apimachinery';
import { isMadeSince } from '@shiplog/cluster';
import { jsonAnswer, type Answer } from '../../rest/answer';
import { throwStatus } from '../../rest/errors';
import { integerParam, param, selectionOf, versionAsked, type VersionAsked } from '../../rest/options';
import { pastReadableSince } from '../../rest/access-request';
import { checkListOptions } from '../../rest/list-options';
import { presentationOf, presentList, presentObject } from '../../rest/present';
import { nameOf, storedResource, type ResourceRequest } from '../../rest/request';
import { ReadBarrier } from '../../cache/read-barrier';
import { ClusterCache } from '../../cache/cluster-cache';
import { WatchCache } from '../../cache/watch-cache';
import { Clock } from '../../common/clock';
import { continueToken, parseContinue, throwContinueExpired, type ContinueFrom } from '../../rest/continue-token';
import { Conversions } from '../conversion/conversions';
import { EphemeralState } from '../events/ephemeral-state';
import { select, sortKeyOf } from '../../rest/select';
import { HistoricalReads } from '../../cache/historical-reads';

/** A list of objects of one position. */
interface Snapshot {
  readonly position: number;
  readonly objects: readonly StoredObject[];
}

/** Answers get and list, of now and of any past position that is kept. */
@Injectable()
export class ReadHandler {
  constructor(
    private readonly cluster: ClusterCache,
    private readonly barrier: ReadBarrier,
    private readonly historical: HistoricalReads,
    private readonly ephemeral: EphemeralState,
    private readonly watchCache: WatchCache,
    private readonly clock: Clock,
    private readonly conversions: Conversions,
  ) {}

  async get(request: ResourceRequest): Promise<Answer> {
    const { row, version } = storedResource(request);
    const { namespace } = request.target;
    const name = nameOf(request);
    const asked = versionAsked(request.query);
    const wait = this.barrier.before(asked);
    if (wait !== undefined) await wait;
    await this.ephemeral.ready(row.id);
    const object =
      asked.at === 'exactly'
        ? await this.#objectAt(request, asked.position)
        : this.ephemeral.get(row.id, namespace, name);
    if (object === undefined) throwStatus(statusOf.notFound(row, name));
    await this.conversions.prepare({ row, version }, [object]);
    if (request.target.subresource?.name === 'scale')
      return jsonAnswer(200, scaleOf(version, fromStored(version, object)));
    return presentObject(200, object, presentationOf(request, this.clock.now()));
  }

  async list(request: ResourceRequest): Promise<Answer> {
    const resource = storedResource(request);
    const { query, target } = request;
    checkListOptions(query, false);
    const presentation = presentationOf(request, this.clock.now());
    // Less than none is none, as in Kubernetes.
    const limit = Math.max(0, integerParam(query, 'limit') ?? 0);
    const token = param(query, 'continue');
    const from = token === undefined ? undefined : parseContinue(token);
    const asked = versionOf(request, limit, from);
    const since = asked.at === 'exactly' ? this.#since(request) : undefined;
    const selection = selectionOf(resource, target.namespace, query, { name: target.name, since });
    const { position, objects } = await this.#snapshot(resource.row.id, target.namespace, asked).catch(
      (error: unknown) => {
        const isGone = error instanceof StatusError && error.status.code === 410;
        if (from !== undefined && isGone) throwContinueExpired(from.after);
        throw error;
      },
    );
    const found = select(objects, selection, from?.after);
    const metadata: ListMeta = { resourceVersion: String(position) };
    const isWhole = limit === 0 || found.length <= limit;
    const page = isWhole ? found : found.slice(0, limit);
    await this.conversions.prepare(resource, page);
    if (isWhole) return presentList(found, metadata, presentation);
    this.historical.keep(resource.row.id, target.namespace, position, objects);
    metadata.continue = continueToken({ position, after: sortKeyOf(page.at(-1) as StoredObject) });
    const counted = selection.labels.length === 0 && selection.fields.length === 0;
    if (counted) metadata.remainingItemCount = found.length - limit;
    return presentList(page, metadata, presentation);
  }

  async #objectAt(request: ResourceRequest, position: number): Promise<StoredObject | undefined> {
    const { row } = storedResource(request);
    const object = await this.historical.objectAt(row.id, request.target.namespace, nameOf(request), position);
    return object !== undefined && isMadeSince(object, this.#since(request)) ? object : undefined;
  }

  #since(request: ResourceRequest): string | undefined {
    return pastReadableSince(this.cluster.projection.state, request);
  }

  async #snapshot(resource: ResourceId, namespace: string, asked: VersionAsked): Promise<Snapshot> {
    const wait = this.barrier.before(asked);
    if (wait !== undefined) await wait;
    if (asked.at === 'exactly') {
      return { position: asked.position, objects: await this.historical.at(resource, namespace, asked.position) };
    }
    await this.ephemeral.ready(resource);
    // Events are made of what the window has heard of.
    const position = resource === 'events' ? this.watchCache.position : this.cluster.projection.position;
    return { position, objects: this.ephemeral.list(resource, namespace) };
  }
}

/**
 * Which version a list is of: a page after the first is of that of the first; and the first page of a list that names a version is of
 * exactly that, so that the pages after it are of the same.
 */
function versionOf({ query }: ResourceRequest, limit: number, from: ContinueFrom | undefined): VersionAsked {
  const asked = versionAsked(query);
  if (from === undefined) {
    const isExact = limit > 0 && asked.at === 'notOlderThan' && param(query, 'resourceVersionMatch') === undefined;
    return isExact ? { at: 'exactly', position: asked.position } : asked;
  }
  if (asked.at === 'exactly' || asked.at === 'notOlderThan') {
    throwStatus(statusOf.badRequest('specifying resource version is not allowed when using continue'));
  }
  return from.position === undefined ? { at: 'latest' } : { at: 'exactly', position: from.position };
}
