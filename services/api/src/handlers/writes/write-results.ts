import { Injectable } from '@nestjs/common';
import type { CommandReply, ObjectKey, StoredObject } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { ClusterCache, objectIn } from '../../cache/cluster-cache';
import { WatchCache } from '../../cache/watch-cache';
import { HistoricalReads } from '../../cache/historical-reads';
import { statusOfFailure } from '../../common/failures';
import { throwStatus } from '../../rest/errors';

export type Accepted = Extract<CommandReply, { ok: true }>;

/** How long the projection may lag a reply before the object is asked of the journal instead, in milliseconds. */
const LAG_MS = 2_000;

/**
 * What a write left, in the version that it made, though others may have changed or removed the object since. Usually that
 * is what the projection has; then what the window of recent changes knows; the journal, which knows always, is asked last.
 */
@Injectable()
export class WriteResults {
  constructor(
    private readonly cluster: ClusterCache,
    private readonly watchCache: WatchCache,
    private readonly historical: HistoricalReads,
  ) {}

  /** The object right after a write; undefined when the write removed it. 504, with its position, when nobody can say. */
  async objectAfter(key: ObjectKey, reply: Accepted): Promise<StoredObject | undefined> {
    const { resource, namespace, name } = key;
    const { position, uid } = reply;
    const isHere = await this.reached(position);
    const now = objectIn(this.cluster.projection, resource, namespace, name);
    if (isHere) {
      if (now !== undefined && Number(now.metadata.resourceVersion) <= position) return now;
      const change = this.watchCache.changeUpTo(resource, namespace, name, position);
      if (change !== undefined) return change.after;
    }
    try {
      return await this.historical.objectAt(resource, namespace, name, position);
    } catch (error) {
      // Better a later version than none: that the write happened is what the client has to know.
      return now !== undefined && now.metadata.uid === uid ? now : throwUnshown(position, error);
    }
  }

  /** The object as it last was before a write that removed it. */
  async objectBefore(
    { resource, namespace, name }: ObjectKey,
    { position }: Accepted,
  ): Promise<StoredObject | undefined> {
    const change = this.watchCache.changeUpTo(resource, namespace, name, position);
    if (change?.position === position) return change.before;
    return this.historical
      .objectAt(resource, namespace, name, position - 1)
      .catch((error) => throwUnshown(position, error));
  }

  /** Waits until the projection has a write; false when it is held up. Usually it has it already. */
  async reached(position: number): Promise<boolean> {
    const { projection } = this.cluster;
    if (projection.position >= position) return true;
    return projection.waitFor(position, LAG_MS).then(
      () => true,
      () => false,
    );
  }
}

function throwUnshown(position: number, error: unknown): never {
  const reason = statusOfFailure(error)?.message ?? 'it could not be read';
  return throwStatus(
    statusOf.timeout(`the request took effect (resourceVersion ${position}), but can't be shown: ${reason}`),
  );
}
