import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  OpaqueDeviceConfiguration,
} from '@shiplog/contracts';
import { dnsLabel, dnsSubdomain, labelValue, type Problems, qualifiedName } from '@shiplog/apimachinery';
import { validateDriverName } from '../volumes/persistent';
import { validateEach, validateSet } from './lists';
import { validateFullyQualified, validateNamed, validateReference, type RequestNames } from './names';

const MOST_REQUESTS = 32;
const MOST_CONSTRAINTS = 32;
const MOST_CONFIGS = 32;
const MOST_SELECTORS = 32;
const MOST_ALTERNATIVES = 8;
const EXPRESSION_BYTES = 10 * 1024;
const PARAMETERS_BYTES = 10 * 1024;
const MODES = ['All', 'ExactCount'];
const OPERATORS = ['Equal', 'Exists'];
/** What a taint does to who does not tolerate it. */
export const EFFECTS = ['NoExecute', 'NoSchedule', 'None'];

type Request = Pick<ExactDeviceRequest, 'allocationMode' | 'count' | 'deviceClassName' | 'selectors' | 'tolerations'>;

/** SetDefaults of a claim: one device of each request. */
export function defaultClaim({ requests = [] }: DeviceClaim): void {
  for (const { exactly, firstAvailable = [] } of requests) {
    for (const request of exactly === undefined ? firstAvailable : [exactly, ...firstAvailable]) {
      if ((request.allocationMode ?? '') === '') request.allocationMode = 'ExactCount';
      if (request.allocationMode === 'ExactCount' && (request.count ?? 0) === 0) request.count = 1;
      for (const toleration of request.tolerations ?? []) toleration.operator ??= 'Equal';
    }
  }
}

/** The names by which other parts of a claim speak of its requests. */
export function namesOf({ requests = [] }: DeviceClaim = {}): RequestNames {
  return new Map(
    requests.map(({ name, firstAvailable = [] }) => [name, new Set(firstAvailable.map((item) => item.name))]),
  );
}

/** Kubernetes' validateDeviceClaim: which devices are wanted, how they belong together, how they are set up. */
export function validateClaim(claim: DeviceClaim, at: string, problems: Problems): void {
  const names = namesOf(claim);
  validateSet(claim.requests, MOST_REQUESTS, `${at}.requests`, problems, {
    validate: validateRequest,
    key: ({ name }) => name,
  });
  validateEach(claim.constraints, MOST_CONSTRAINTS, `${at}.constraints`, problems, (constraint, here) =>
    validateConstraint(constraint, names, here, problems),
  );
  validateEach(claim.config, MOST_CONFIGS, `${at}.config`, problems, ({ requests, opaque }, here) => {
    validateReferences(requests, names, `${here}.requests`, problems);
    validateConfiguration(opaque, `${here}.opaque`, problems);
  });
}

function validateRequest(request: DeviceRequest, at: string, problems: Problems): void {
  const { name, exactly, firstAvailable = [] } = request;
  validateNamed(name, dnsLabel, `${at}.name`, problems);
  const rule = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly === undefined && firstAvailable.length === 0) problems.required(at, rule);
  else if (exactly !== undefined && firstAvailable.length > 0) {
    problems.invalid(at, undefined, `${rule}, but multiple fields are set`);
  } else if (exactly !== undefined) validateWanted(exactly, `${at}.exactly`, problems);
  else {
    validateSet(firstAvailable, MOST_ALTERNATIVES, `${at}.firstAvailable`, problems, {
      validate: validateAlternative,
      key: (item) => item.name,
    });
  }
}

function validateAlternative(request: DeviceSubRequest, at: string, problems: Problems): void {
  validateNamed(request.name, dnsLabel, `${at}.name`, problems);
  validateWanted(request, at, problems);
}

function validateWanted(request: Request, at: string, problems: Problems): void {
  const { deviceClassName, selectors, allocationMode = '', count = 0, tolerations = [] } = request;
  validateNamed(deviceClassName, dnsSubdomain, `${at}.deviceClassName`, problems);
  validateSelectors(selectors, `${at}.selectors`, problems);
  if (!MODES.includes(allocationMode)) problems.notSupported(`${at}.allocationMode`, allocationMode, MODES);
  else if (allocationMode === 'All' && count !== 0) {
    problems.invalid(`${at}.count`, count, "must not be specified when allocationMode is 'All'");
  } else if (allocationMode === 'ExactCount' && count <= 0) {
    problems.invalid(`${at}.count`, count, 'must be greater than zero');
  }
  tolerations.forEach((toleration, i) => validateToleration(toleration, `${at}.tolerations[${i}]`, problems));
}

/** Expressions (CEL) that a device must satisfy; for now they only have to be there. */
export function validateSelectors(selectors: DeviceSelector[] | undefined, at: string, problems: Problems): void {
  validateEach(selectors, MOST_SELECTORS, at, problems, ({ cel }, here) => {
    if (cel === undefined) return problems.required(`${here}.cel`);
    const place = `${here}.cel.expression`;
    if (cel.expression === '') problems.required(place);
    else if (Buffer.byteLength(cel.expression) > EXPRESSION_BYTES) problems.tooLong(place, EXPRESSION_BYTES);
  });
}

export function validateToleration(toleration: DeviceToleration, at: string, problems: Problems): void {
  const { key = '', operator = '', value = '', effect = '' } = toleration;
  if (key !== '') problems.breaches(`${at}.key`, key, qualifiedName);
  if (operator === '') problems.required(`${at}.operator`);
  else problems.unlessOneOf(`${at}.operator`, operator, OPERATORS);
  if (operator === 'Exists' && value !== '') {
    problems.invalid(`${at}.value`, value, 'must be empty for operator `Exists`');
  }
  if (operator === 'Equal') problems.breaches(`${at}.value`, value, labelValue);
  if (effect !== '') problems.unlessOneOf(`${at}.effect`, effect, EFFECTS);
}

function validateConstraint(
  { requests, matchAttribute, distinctAttribute }: DeviceConstraint,
  names: RequestNames,
  at: string,
  problems: Problems,
): void {
  validateReferences(requests, names, `${at}.requests`, problems);
  if (matchAttribute !== undefined) validateFullyQualified(matchAttribute, `${at}.matchAttribute`, problems);
  else if (distinctAttribute !== undefined) {
    validateFullyQualified(distinctAttribute, `${at}.distinctAttribute`, problems);
  } else problems.required(`${at}.matchAttribute`);
}

/** Names of requests, each once. */
export function validateReferences(
  requests: string[] | undefined,
  names: RequestNames,
  at: string,
  problems: Problems,
): void {
  validateSet(requests, MOST_REQUESTS, at, problems, {
    validate: (name, here) => validateReference(name, names, here, problems),
    key: (name) => name,
  });
}

/** What is only for a driver to understand. */
export function validateConfiguration(
  opaque: OpaqueDeviceConfiguration | undefined,
  at: string,
  problems: Problems,
): void {
  if (opaque === undefined) return problems.required(at);
  validateDriverName(opaque.driver, `${at}.driver`, problems);
  validateParameters(opaque.parameters, `${at}.parameters`, PARAMETERS_BYTES, problems);
}

/** An object that is passed on as it is, of so many bytes. */
export function validateParameters(parameters: unknown, at: string, most: number, problems: Problems): void {
  if (parameters === undefined || parameters === null) problems.required(at);
  else if (Buffer.byteLength(JSON.stringify(parameters)) > most) problems.tooLong(at, most);
  else if (typeof parameters !== 'object' || Array.isArray(parameters)) {
    problems.invalid(at, '<value omitted>', 'must be a valid JSON object');
  }
}
