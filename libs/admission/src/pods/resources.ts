import type { ContainerResourceClaim, ResourceRequirements } from '@shiplog/contracts';
import { dnsLabel, milliOf, ownField, parseQuantity, type Problems, qualifiedName } from '@shiplog/apimachinery';

const NATIVE_RESOURCES = ['cpu', 'memory', 'ephemeral-storage'];
/** Objects that quotas count. */
const OBJECTS =
  /^(?:pods|services(?:\.nodeports|\.loadbalancers)?|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims)$/;
/** Other names without a prefix that mean something in quotas. */
const QUOTAS = /^(?:(?:requests|limits)\.(?:cpu|memory|ephemeral-storage)|requests\.(?:storage|hugepages-.+))$/;
const HUGE_PAGES = 'hugepages-';

export const isHugePages = (name: string): boolean => name.startsWith(HUGE_PAGES);
const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
/** What a node has a counted number of: a pod gets what it asks for whole, or not at all. */
export const isExtended = (name: string): boolean => !isNative(name) && !name.startsWith('requests.');
const mayBeShared = (name: string): boolean => isNative(name) && !isHugePages(name);

/** Kubernetes' rules for requests and limits: names, amounts, requests within limits, and claims that the pod has. */
export function validateResources(
  resources: ResourceRequirements,
  podClaims: ReadonlySet<string>,
  at: string,
  problems: Problems,
): void {
  const { limits = {}, requests = {}, claims = [] } = resources;
  validateAmounts(limits, `${at}.limits`, problems);
  validateAmounts(requests, `${at}.requests`, problems);
  validateRequests(limits, requests, at, problems);
  const names = Object.keys({ ...limits, ...requests });
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    problems.forbidden(at, 'HugePages require cpu or memory');
  }
  if (claims.length > 0) validateClaims(claims, podClaims, `${at}.claims`, problems);
}

function validateAmounts(amounts: Amounts, at: string, problems: Problems): void {
  for (const name of Object.keys(amounts)) {
    const amount = amounts[name] as string;
    const here = `${at}[${name}]`;
    validateResourceName(name, here, problems);
    validateAmount(name, amount, here, problems);
    if (isHugePages(name)) validatePages(name, amount, here, problems);
  }
}

/** What a resource may be called at all: false, when it is no name (validateResourceName in Kubernetes). */
function validateAnyResourceName(name: string, at: string, problems: Problems): boolean {
  const wrong = qualifiedName(name);
  for (const detail of wrong) problems.invalid(at, name, detail);
  if (wrong.length === 0 && !name.includes('/') && name !== 'storage' && !isOfQuotas(name)) {
    problems.invalid(at, name, 'must be a standard resource type or fully qualified');
  }
  return wrong.length === 0;
}

const isOfQuotas = (name: string): boolean =>
  NATIVE_RESOURCES.includes(name) || isHugePages(name) || OBJECTS.test(name) || QUOTAS.test(name);

/** Whether a name without a prefix is one that quotas have. */
export const isQuotaResource = (name: string): boolean => !name.includes('/') && isOfQuotas(name);

/** What a quota may limit (ValidateResourceQuotaResourceName). */
export function validateQuotaName(name: string, at: string, problems: Problems): void {
  if (!validateAnyResourceName(name, at, problems) || name.includes('/') || isOfQuotas(name)) return;
  problems.invalid(at, name, 'must be a standard resource for quota');
}

/** What a LimitRange may limit of its type (validateLimitRangeResourceName). */
export function validateLimitName(type: string, name: string, at: string, problems: Problems): void {
  if (type === 'Pod' || type === 'Container') validateResourceName(name, at, problems);
  else validateAnyResourceName(name, at, problems);
}

/** Whether more may be promised of a resource than there is. */
export const isOvercommitAllowed = (name: string): boolean => mayBeShared(name);

function validateResourceName(name: string, at: string, problems: Problems): void {
  if (!validateAnyResourceName(name, at, problems)) return;
  if (!name.includes('/')) {
    if (NATIVE_RESOURCES.includes(name) || isHugePages(name)) return;
    problems.invalid(at, name, 'must be a standard resource for containers');
  } else if (!isNative(name) && (!isExtended(name) || qualifiedName(`requests.${name}`).length > 0)) {
    problems.invalid(at, name, "doesn't follow extended resource name standard");
  }
}

/** An amount is not negative, and whole where it is counted. */
export function validateAmount(name: string, amount: string, at: string, problems: Problems): void {
  const milli = milliOf(amount);
  if (milli < 0n) problems.invalid(at, amount, 'must be greater than or equal to 0');
  if ((isExtended(name) || OBJECTS.test(name)) && milli % 1000n !== 0n)
    problems.invalid(at, amount, 'must be an integer');
}

function validatePages(name: string, amount: string, at: string, problems: Problems): void {
  const page = parseQuantity(name.slice(HUGE_PAGES.length)) ?? 0n;
  if (page <= 0n || page % 1000n !== 0n || milliOf(amount) % page !== 0n) {
    problems.invalid(at, amount, `${amount} is not positive integer multiple of ${name}`);
  }
}

type Amounts = Readonly<Record<string, string>>;

function validateRequests(limits: Amounts, requests: Amounts, at: string, problems: Problems): void {
  for (const name of Object.keys(requests)) {
    const request = requests[name] as string;
    const limit = ownField(limits, name);
    if (limit === undefined) {
      if (!mayBeShared(name)) {
        problems.required(`${at}.limits`, 'Limit must be set for non overcommitable resources');
      }
    } else if (!mayBeShared(name) && milliOf(request) !== milliOf(limit)) {
      problems.invalid(`${at}.requests`, request, `must be equal to ${name} limit of ${limit}`);
    } else if (milliOf(request) > milliOf(limit)) {
      problems.invalid(`${at}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`);
    }
  }
}

function validateClaims(
  claims: readonly ContainerResourceClaim[],
  podClaims: ReadonlySet<string>,
  at: string,
  problems: Problems,
): void {
  const seen = new Set<string>();
  /** Claims of which a part was asked for. */
  const parts = new Set<string>();
  const all = listed(podClaims);
  claims.forEach(({ name, request = '' }, i) => {
    const here = `${at}[${i}]`;
    if (name === '') {
      problems.required(here);
      return;
    }
    if (request !== '') problems.breaches(`${here}.request`, request, dnsLabel);
    const key = request === '' ? name : `${name}/${request}`;
    const overlaps = request === '' && parts.has(name);
    if (seen.has(name) || seen.has(key) || overlaps) problems.duplicate(here, seen.has(name) ? name : key);
    seen.add(key);
    if (request !== '') parts.add(name);
    if (!podClaims.has(name))
      problems.notFound(here, name, `must be one of the names in pod.spec.resourceClaims${all}`);
  });
}

function listed(names: ReadonlySet<string>): string {
  return names.size === 0 ? ' which is empty' : `: ${[...names].sort().join(', ')}`;
}
