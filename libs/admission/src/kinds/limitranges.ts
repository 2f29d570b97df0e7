import type { LimitRangeItem } from '@shiplog/contracts';
import { compareQuantities, dnsSubdomain, milliOf, type Problems, qualifiedName } from '@shiplog/apimachinery';
import { isOvercommitAllowed, validateLimitName } from '../pods/resources';
import { defineKind } from './kind';

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const OF_PODS = "may not be specified when `type` is 'Pod'";

type Amounts = Record<string, string>;

/** Kubernetes' rules for limits of what is made in a namespace (ValidateLimitRange). */
export const limitRanges = defineKind<'limitranges'>({
  resource: 'limitranges',
  name: dnsSubdomain,
  generation: 'none',
  defaults(draft) {
    for (const item of draft.spec?.limits ?? []) defaultItem(item);
  },
  validate(draft, problems) {
    const types = new Set<string>();
    draft.spec?.limits.forEach((item, i) => {
      const at = `spec.limits[${i}]`;
      validateType(item.type, `${at}.type`, problems);
      if (types.has(item.type)) problems.duplicate(`${at}.type`, item.type);
      types.add(item.type);
      validateNames(item, at, problems);
      for (const name of namesOf(item)) validateAmounts(item, name, at, problems);
    });
  },
});

/** A container's limit is the most that there may be, its request the limit, or else the least (SetDefaults_LimitRangeItem). */
function defaultItem(item: LimitRangeItem): void {
  if (item.type !== 'Container') return;
  item.default = { ...item.max, ...item.default };
  item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
}

function validateType(type: string, at: string, problems: Problems): void {
  const wrong = qualifiedName(type);
  for (const detail of wrong) problems.invalid(at, type, detail);
  if (wrong.length > 0 || type.includes('/') || TYPES.includes(type)) return;
  problems.invalid(at, type, 'must be a standard limit type or fully qualified');
}

function validateNames(item: LimitRangeItem, at: string, problems: Problems): void {
  const check = (field: keyof LimitRangeItem): void => {
    for (const name of Object.keys(item[field] ?? {})) {
      validateLimitName(item.type, name, `${at}.${field}[${name}]`, problems);
    }
  };
  check('max');
  check('min');
  for (const field of ['default', 'defaultRequest'] as const) {
    if (item.type !== 'Pod') check(field);
    else if (Object.keys(item[field] ?? {}).length > 0) problems.forbidden(`${at}.${field}`, OF_PODS);
  }
  if (item.type === 'PersistentVolumeClaim' && !has(item.min, 'storage') && !has(item.max, 'storage')) {
    const rule = 'either minimum or maximum storage value is required, but neither was provided';
    problems.required(`${at}.limits`, rule);
  }
  check('maxLimitRequestRatio');
}

const has = (amounts: Amounts | undefined, name: string): boolean =>
  amounts !== undefined && Object.hasOwn(amounts, name);

const namesOf = ({ max, min, default: standard, defaultRequest, maxLimitRequestRatio }: LimitRangeItem): string[] =>
  Object.keys({ ...max, ...min, ...standard, ...defaultRequest, ...maxLimitRequestRatio });

function validateAmounts(item: LimitRangeItem, name: string, at: string, problems: Problems): void {
  const amount = (field: 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio'): string | undefined =>
    has(item[field], name) ? item[field]?.[name] : undefined;
  const [min, max] = [amount('min'), amount('max')];
  const isPod = item.type === 'Pod';
  const [limit, request] = isPod ? [] : [amount('default'), amount('defaultRequest')];
  const unlessSorted = (
    [low, lowName]: [string | undefined, string],
    [high, highName]: [string | undefined, string],
    field: string,
    shown: string | undefined,
  ): void => {
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return;
    problems.invalid(
      `${at}.${field}[${name}]`,
      shown,
      `${lowName} value ${low} is greater than ${highName} value ${high}`,
    );
  };
  unlessSorted([min, 'min'], [max, 'max'], 'min', min);
  unlessSorted([min, 'min'], [request, 'default request'], 'defaultRequest', request);
  unlessSorted([request, 'default request'], [max, 'max'], 'defaultRequest', request);
  unlessSorted([request, 'default request'], [limit, 'default limit'], 'defaultRequest', request);
  unlessSorted([min, 'min'], [limit, 'default'], 'default', min);
  unlessSorted([limit, 'default'], [max, 'max'], 'default', max);
  validateRatio(amount('maxLimitRequestRatio'), { min, max }, `${at}.maxLimitRequestRatio[${name}]`, problems);
  if (isOvercommitAllowed(name) || limit === undefined || request === undefined) return;
  if (compareQuantities(limit, request) === 0) return;
  const rule = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
  problems.invalid(`${at}.defaultRequest[${name}]`, request, rule);
}

/** How much more a limit may be than its request, which the least and the most allow. */
function validateRatio(
  ratio: string | undefined,
  { min, max }: { min: string | undefined; max: string | undefined },
  at: string,
  problems: Problems,
): void {
  if (ratio === undefined) return;
  if (compareQuantities(ratio, '1') < 0) problems.invalid(at, ratio, `ratio ${ratio} is less than 1`);
  if (min === undefined || max === undefined) return;
  const most = Number(milliOf(max)) / Number(milliOf(min));
  if (Number(milliOf(ratio)) / 1000 <= most) return;
  problems.invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`);
}
