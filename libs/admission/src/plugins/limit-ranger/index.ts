import type { LimitRange, LimitRangeItem } from '@shiplog/contracts';
import type { Draft } from '../../kinds/kind';
import { aggregated } from '../aggregated';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin';
import { claimProblems } from './claims';
import { fillInPod } from './defaults';
import { podProblems } from './pods';

/** No pod and no LimitRange that anybody needs come near to it. */
const MOST_AMOUNTS = 100_000;

/**
 * Gives containers that say nothing the requests and limits that the namespace's LimitRanges have for them, and refuses pods and
 * claims that ask for less or more than those allow. A pod is looked at when it is made and when it is resized, a claim on
 * every write (plugin/pkg/admission/limitranger).
 */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  resources: ['pods', 'persistentvolumeclaims'],
  admit(request) {
    if (request.row.id !== 'pods' || request.before !== undefined) return undefined;
    const pod = request.object as Draft<'pods'>;
    for (const range of rangesFor(request)) {
      if (amountsFor(pod, range) > MOST_AMOUNTS)
        return `the LimitRange ${range.metadata.name} has too many amounts for it`;
      fillInPod(pod, range);
    }
    return undefined;
  },
  validate(request) {
    for (const range of rangesFor(request)) {
      if (request.row.id === 'pods' && amountsFor(request.object, range) > MOST_AMOUNTS) return tooMany(range);
      const problems = (range.spec?.limits ?? []).flatMap((item) => problemsOf(request, item));
      if (problems.length > 0) return aggregated(problems);
    }
    return undefined;
  },
};

/** How many amounts there are to fill in and to look at: what two users wrote may not multiply without bounds. */
function amountsFor({ spec }: Draft<'pods'>, range: LimitRange): number {
  const containers = (spec?.containers.length ?? 0) + (spec?.initContainers?.length ?? 0);
  let names = 0;
  for (const { type: _type, ...amounts } of range.spec?.limits ?? []) {
    for (const list of Object.values(amounts)) names += Object.keys(list).length;
  }
  return containers * names;
}

const tooMany = ({ metadata }: LimitRange): string => `the LimitRange ${metadata.name} has too many amounts for it`;

/** What is on its way out is not looked at any more: its finalizers must be taken away. */
function rangesFor({ row, subresource, before, object, ctx }: AdmissionRequest): readonly LimitRange[] {
  if (before?.metadata.deletionTimestamp !== undefined) return [];
  const isResize = subresource === 'resize';
  const isLookedAt = row.id === 'pods' ? before === undefined || isResize : subresource === undefined;
  return isLookedAt ? ctx.state.list('limitranges', object.metadata.namespace) : [];
}

function problemsOf({ row, object }: AdmissionRequest, item: LimitRangeItem): string[] {
  return row.id === 'pods'
    ? podProblems(object as Draft<'pods'>, item)
    : claimProblems(object as Draft<'persistentvolumeclaims'>, item);
}
