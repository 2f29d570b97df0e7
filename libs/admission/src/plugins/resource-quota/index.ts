import type { Pod, ResourceQuota } from '@shiplog/contracts';
import { milliOf } from '@shiplog/apimachinery';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin';
import { amountOf, textOf, type Amount } from './amounts';
import { missingAmounts } from './pods';
import { isInScope } from './scopes';
import { usageOf } from './usage';

const QUOTAS = 'resourcequotas';
/** Each write in a namespace is held against all quotas there: more of them are of no use to anybody. */
const MOST_QUOTAS = 100;

/**
 * Refuses what would use more than a quota of the namespace leaves (plugin/pkg/admission/resourcequota). The usage is that of the
 * state that the write is decided on, so that no two writes can take the same rest.
 */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  resources: 'all',
  validate(request) {
    const { namespace = '' } = request.object.metadata;
    if (namespace === '' || !isCharged(request)) return undefined;
    const quotas = request.ctx.state.list(QUOTAS, namespace);
    if (quotas.length === 0) return undefined;
    if (request.row.id === QUOTAS && quotas.length >= MOST_QUOTAS) {
      return `a namespace can have no more than ${MOST_QUOTAS} quotas`;
    }
    return problemWith(request, namespace, quotas);
  },
};

/** Most objects are charged for when they are made; some also for what they become. */
function isCharged({ row, subresource, before }: AdmissionRequest): boolean {
  if (before === undefined) return true;
  if (row.id === 'pods') return subresource === 'resize';
  return subresource === undefined && (row.id === 'services' || row.id === 'persistentvolumeclaims');
}

function problemWith(
  { row, object, before, ctx }: AdmissionRequest,
  namespace: string,
  quotas: readonly ResourceQuota[],
): string | undefined {
  const usage = usageOf(row.id, object);
  if (usage === undefined) return undefined;
  const about = quotas.filter(({ spec = {} }) => isInScope(spec, usage.facets));
  for (const { metadata, spec = {} } of row.id === 'pods' ? about : []) {
    const missing = missingAmounts(object as Pod, Object.keys(spec.hard ?? {}));
    if (missing !== undefined) return `failed quota: ${metadata.name}: ${missing}`;
  }
  const was = before === undefined ? undefined : usageOf(row.id, before)?.amounts;
  const added = [...addedTo(usage.amounts, was)];
  if (added.length === 0) return undefined;
  const ledger = ctx.state.quotaLedger(namespace);
  for (const { metadata, spec = {} } of about) {
    const hard = spec.hard ?? {};
    const exceeded = added
      .filter(([name]) => Object.hasOwn(hard, name))
      .map(([name, amount]) => ({ name, requested: amount, used: ledger.used(spec, name), limited: hard[name] ?? '0' }))
      .filter(({ requested, used, limited }) => used.milli + requested.milli > milliOf(limited));
    if (exceeded.length > 0) return exceededText(metadata.name ?? '', exceeded);
  }
  return undefined;
}

/** What an object uses more than it did, by resource. */
function* addedTo(
  amounts: ReadonlyMap<string, Amount>,
  before: ReadonlyMap<string, Amount> = new Map(),
): Iterable<[string, Amount]> {
  for (const [name, amount] of amounts) {
    const milli = amount.milli - (before.get(name)?.milli ?? 0n);
    if (milli > 0n) yield [name, { milli, binary: amount.binary }];
  }
}

interface Exceeded {
  readonly name: string;
  readonly requested: Amount;
  readonly used: Amount;
  readonly limited: string;
}

function exceededText(quota: string, exceeded: Exceeded[]): string {
  const sorted = exceeded.sort((a, b) => (a.name < b.name ? -1 : 1));
  const listed = (text: (item: Exceeded) => string): string =>
    sorted.map((item) => `${item.name}=${text(item)}`).join(',');
  return (
    `exceeded quota: ${quota}, requested: ${listed(({ requested }) => textOf(requested))}, ` +
    `used: ${listed(({ used }) => textOf(used))}, limited: ${listed(({ limited }) => textOf(amountOf(limited)))}`
  );
}
