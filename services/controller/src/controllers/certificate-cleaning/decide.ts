import type { ObjectOf } from '@shiplog/contracts';
import { deletionOf } from '@shiplog/kube';
import { SETTLED, type Now, type ReconcileResult } from '../../runtime/domain/controller';
import { timeOf } from '../../domain/pods';
import { REQUESTS } from '../certificates/decide';

const HOUR_MS = 3_600_000;
/** How long what was decided can be looked up. */
const DECIDED_MS = HOUR_MS;
/** How long a request may wait for somebody's decision. */
const PENDING_MS = 24 * HOUR_MS;

/** Requests for certificates go when nobody needs them any more (Kubernetes' csrcleaner). */
export function decideCleaning(request: ObjectOf<typeof REQUESTS>, now: Now): ReconcileResult {
  if (request.metadata.deletionTimestamp !== undefined) return SETTLED;
  const endsMs = endOf(request);
  if (endsMs === undefined) return SETTLED;
  if (endsMs >= now.ms) return { commands: [], requeueAfterMs: endsMs - now.ms + 1 };
  return { commands: [deletionOf(REQUESTS, request, { asSeen: true })] };
}

/** The last moment of a request; undefined for one that stays: approved, and yet to be signed. */
function endOf({ metadata, status = {} }: ObjectOf<typeof REQUESTS>): number | undefined {
  const { conditions = [], certificate = '' } = status;
  if (conditions.length === 0) return timeOf(metadata.creationTimestamp) + PENDING_MS;
  const ended = conditions.filter(({ type }) => type !== 'Approved' || certificate !== '');
  const ends = ended.flatMap(({ lastUpdateTime }) =>
    lastUpdateTime === undefined ? [] : [timeOf(lastUpdateTime) + DECIDED_MS],
  );
  return ends.length === 0 ? undefined : Math.min(...ends);
}
