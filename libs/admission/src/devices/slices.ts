import type {
  CounterSet,
  Device,
  DeviceAttribute,
  DeviceCapacity,
  DeviceTaint,
  NodeSelector,
  ResourcePool,
  ResourceSliceSpec,
} from '@shiplog/contracts';
import { dnsLabel, dnsSubdomain, labelValue, type Problems, qualifiedName } from '@shiplog/apimachinery';
import { validateNodeSelector } from '../pods/affinity';
import { validateDriverName } from '../volumes/persistent';
import { validateBindingConditions } from './binding-conditions';
import { validateEach, validateSet } from './lists';
import { validateNamed, validatePool, validateQualified } from './names';
import { EFFECTS } from './requests';

const MOST_DEVICES = 128;
/** Of devices that have taints or share counters, which cost more. */
const MOST_ADVANCED_DEVICES = 64;
const MOST_ATTRIBUTES = 32;
const MOST_TAINTS = 16;
const MOST_COUNTER_SETS = 8;
const MOST_COUNTERS = 32;
const MOST_CONSUMPTIONS = 2;
const VALUE_BYTES = 64;
const IDENTIFIERS = String.raw`(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)`;
const SEMVER = new RegExp(
  String.raw`^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-${IDENTIFIERS}(?:\.${IDENTIFIERS})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$`,
);

/** Where something is: on one node, on those that a selector chooses, or on all. */
interface Placement {
  readonly nodeName?: string;
  readonly nodeSelector?: NodeSelector;
  readonly allNodes?: boolean;
}

/** Which ways of saying where something is are taken, as they are shown; what is wrong with each is told. */
function placesOf({ nodeName, nodeSelector, allNodes }: Placement, at: string, empty: string, problems: Problems) {
  const taken: string[] = [];
  if (nodeName === '') problems.invalid(`${at}.nodeName`, nodeName, empty);
  else if (nodeName !== undefined) {
    taken.push('`nodeName`');
    problems.breaches(`${at}.nodeName`, nodeName, dnsSubdomain);
  }
  if (nodeSelector !== undefined) {
    taken.push('`nodeSelector`');
    validateNodeSelector(nodeSelector, `${at}.nodeSelector`, problems);
  }
  if (allNodes === true) taken.push('`allNodes`');
  else if (allNodes === false) problems.invalid(`${at}.allNodes`, false, 'must be either unset or set to true');
  return taken;
}

/** Kubernetes' validateResourceSliceSpec: which devices a driver offers, and where. */
export function validateSlice(spec: ResourceSliceSpec, at: string, problems: Problems): void {
  const { driver, pool, nodeSelector, perDeviceNodeSelection, devices, sharedCounters } = spec;
  validateDriverName(driver, `${at}.driver`, problems);
  validateResourcePool(pool, `${at}.pool`, problems);
  const taken = placesOf(spec, at, 'must be either unset or set to a non-empty string', problems);
  const terms = nodeSelector?.nodeSelectorTerms;
  if (terms !== undefined && terms.length !== 1) {
    problems.invalid(`${at}.nodeSelector.nodeSelectorTerms`, terms, 'must have exactly one node selector term');
  }
  if (perDeviceNodeSelection === true) taken.push('`perDeviceNodeSelection`');
  else if (perDeviceNodeSelection === false) {
    problems.invalid(`${at}.perDeviceNodeSelection`, false, 'must be either unset or set to true');
  }
  const rule = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  if (taken.length === 0) problems.required(at, rule);
  if (taken.length > 1) problems.invalid(at, `{${taken.join(', ')}}`, `${rule}, but multiple fields are set`);
  if (sharedCounters !== undefined && devices !== undefined) {
    problems.invalid(at, '', 'only one of `sharedCounters` or `devices` is allowed');
  }
  const most = (devices ?? []).some(isAdvanced) ? MOST_ADVANCED_DEVICES : MOST_DEVICES;
  validateSet(devices, most, `${at}.devices`, problems, {
    validate: (device, here) => validateDevice(device, perDeviceNodeSelection === true, here, problems),
    key: ({ name }) => name,
  });
  validateSet(sharedCounters, MOST_COUNTER_SETS, `${at}.sharedCounters`, problems, {
    validate: (set: CounterSet, here) => {
      validateNamed(set.name, dnsLabel, `${here}.name`, problems);
      validateCounters(set.counters, `${here}.counters`, problems);
    },
    key: ({ name }) => name,
  });
}

function isAdvanced({ taints = [], consumesCounters = [] }: Device): boolean {
  return taints.length + consumesCounters.length > 0;
}

function validateResourcePool(pool: ResourcePool, at: string, problems: Problems): void {
  validatePool(pool.name, `${at}.name`, problems);
  if (pool.resourceSliceCount <= 0) {
    problems.invalid(`${at}.resourceSliceCount`, pool.resourceSliceCount, 'must be greater than zero');
  }
  if (pool.generation < 0) {
    problems.invalid(`${at}.generation`, pool.generation, 'must be greater than or equal to zero');
  }
}

function validateDevice(device: Device, placedByItself: boolean, at: string, problems: Problems): void {
  const { name, attributes = {}, capacity = {}, taints, consumesCounters } = device;
  problems.breaches(`${at}.name`, name, dnsLabel);
  const size = Object.keys(attributes).length + Object.keys(capacity).length;
  if (size > MOST_ATTRIBUTES) {
    const rule = `the total number of attributes and capacities must not exceed ${MOST_ATTRIBUTES}`;
    return problems.invalid(at, size, rule);
  }
  for (const [key, attribute] of Object.entries(attributes)) {
    validateQualified(key, `${at}.attributes`, problems);
    validateAttribute(attribute, `${at}.attributes[${key}]`, problems);
  }
  for (const [key, value] of Object.entries(capacity)) {
    validateQualified(key, `${at}.capacity`, problems);
    validateCapacity(value, device.allowMultipleAllocations === true, `${at}.capacity[${key}]`, problems);
  }
  validateEach(taints, MOST_TAINTS, `${at}.taints`, problems, validateTaint);
  validateSet(consumesCounters, MOST_CONSUMPTIONS, `${at}.consumesCounters`, problems, {
    validate: ({ counterSet, counters }, here) => {
      validateNamed(counterSet, dnsLabel, `${here}.counterSet`, problems);
      validateCounters(counters, `${here}.counters`, problems);
    },
    key: ({ counterSet }) => counterSet,
  });
  validatePlacement(device, placedByItself, at, problems);
  validateBindingConditions(device, at, problems);
}

/** A device says where it is only if its slice leaves that to devices. */
function validatePlacement(device: Device, placedByItself: boolean, at: string, problems: Problems): void {
  if (!placedByItself) {
    const { nodeName, nodeSelector, allNodes } = device;
    if (nodeName === undefined && nodeSelector === undefined && allNodes === undefined) return;
    const rule = 'can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
    problems.invalid(at, undefined, `\`nodeName\`, \`nodeSelector\` and \`allNodes\` ${rule}`);
    return;
  }
  const taken = placesOf(device, at, 'must not be empty', problems);
  const when = 'when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  const rule = `exactly one of \`nodeName\`, \`nodeSelector\`, or \`allNodes\` is required ${when}`;
  if (taken.length === 0) problems.required(at, rule);
  if (taken.length > 1) problems.invalid(at, `{${taken.join(', ')}}`, rule);
}

function validateAttribute(attribute: DeviceAttribute, at: string, problems: Problems): void {
  const { string, strings = [], version, versions = [] } = attribute;
  for (const [field, value] of Object.entries(attribute)) {
    if (!Array.isArray(value) || value.length > 0) continue;
    problems.invalid(`${at}.${field}`, value, 'must not be empty if specified');
  }
  if (string !== undefined) validateText(string, `${at}.string`, problems);
  strings.forEach((text, i) => validateText(text, `${at}.strings[${i}]`, problems));
  if (version !== undefined) validateVersion(version, `${at}.version`, problems);
  versions.forEach((text, i) => validateVersion(text, `${at}.versions[${i}]`, problems));
  const count = Object.keys(attribute).length;
  if (count !== 1) problems.invalid(at, count === 0 ? '' : attribute, 'exactly one value must be specified');
}

function validateText(text: string, at: string, problems: Problems): void {
  if (Buffer.byteLength(text) > VALUE_BYTES) problems.tooLong(at, VALUE_BYTES);
}

function validateVersion(text: string, at: string, problems: Problems): void {
  if (text.length > VALUE_BYTES) return problems.tooLong(at, VALUE_BYTES);
  if (!SEMVER.test(text)) problems.invalid(at, text, 'must be a string compatible with semver.org spec 2.0.0');
}

function validateCapacity({ requestPolicy }: DeviceCapacity, shared: boolean, at: string, problems: Problems): void {
  const here = `${at}.requestPolicy`;
  if (requestPolicy === undefined) return;
  if (!shared) return problems.forbidden(here, 'allowMultipleAllocations must be true');
  const { validValues = [], validRange } = requestPolicy;
  if (validValues.length > 0 && validRange !== undefined) {
    const rule = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    return problems.forbidden(here, rule);
  }
  const policy = validValues.length > 0 ? 'validValues' : validRange === undefined ? undefined : 'validRange';
  if (policy !== undefined && requestPolicy.default === undefined) {
    problems.required(`${here}.default`, `required when ${policy} is defined`);
  }
}

function validateTaint({ key, value = '', effect }: DeviceTaint, at: string, problems: Problems): void {
  problems.breaches(`${at}.key`, key, qualifiedName);
  if (value !== '') problems.breaches(`${at}.value`, value, labelValue);
  if (effect === '') problems.required(`${at}.effect`);
  else problems.unlessOneOf(`${at}.effect`, effect, EFFECTS);
}

function validateCounters(counters: Readonly<Record<string, unknown>>, at: string, problems: Problems): void {
  const names = Object.keys(counters);
  if (names.length === 0) problems.required(at);
  else if (names.length > MOST_COUNTERS) problems.tooMany(at, names.length, MOST_COUNTERS);
  else for (const name of names) problems.breaches(at, name, dnsLabel);
}
