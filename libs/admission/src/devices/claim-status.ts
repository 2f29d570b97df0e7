import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from '@shiplog/contracts';
import { dnsLabel, GoSyntax, isIp, type Problems, sameJson } from '@shiplog/apimachinery';
import { validateNodeSelector } from '../pods/affinity';
import { validateDriverName } from '../volumes/persistent';
import { validateBindingConditions } from './binding-conditions';
import { validateEach, validateSet } from './lists';
import { validatePool, validateReference, type RequestNames } from './names';
import { namesOf, validateConfiguration, validateParameters, validateReferences, validateToleration } from './requests';

const MOST_CONSUMERS = 256;
const MOST_RESULTS = 32;
/** Of the class and of the claim. */
const MOST_CONFIGS = 64;
const MOST_CONDITIONS = 8;
const DATA_BYTES = 10 * 1024;
const MOST_IPS = 16;
const SOURCES = ['FromClaim', 'FromClass'];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Of a device: who drives it, in which pool it is, which it is there, and which share of it is meant. */
type Place = Pick<AllocatedDeviceStatus, 'driver' | 'pool' | 'device' | 'shareID'>;

const idOf = ({ driver, pool, device, shareID }: Place): string =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/');

/** Kubernetes' validateResourceClaimStatusUpdate: what a claim got, who uses it, what drivers say of it. */
export function validateClaimStatus(
  { metadata, spec, status = {} }: ResourceClaim,
  problems: Problems,
  before: ResourceClaim,
): void {
  const { allocation, reservedFor = [], devices } = status;
  const { allocation: allocated, reservedFor: reserved = [] } = before.status ?? {};
  validateSet(reservedFor, MOST_CONSUMERS, 'status.reservedFor', problems, {
    validate: validateConsumer,
    key: ({ uid }) => uid,
  });
  const ids = new Set((allocation?.devices?.results ?? []).map(idOf));
  validateSet(devices, Infinity, 'status.devices', problems, {
    validate: (device, at) => validateDeviceStatus(device, ids, at, problems),
    key: idOf,
  });
  if (reservedFor.length > 0 && allocation === undefined) {
    problems.forbidden('status.reservedFor', 'may not be specified when `allocated` is not set');
  }
  const isGoing = metadata.deletionTimestamp !== undefined;
  if (isGoing && allocation !== undefined && reservedFor.some((item) => !reserved.some((was) => sameJson(was, item)))) {
    const rule = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
    problems.forbidden('status.reservedFor', rule);
  }
  if (allocation === undefined) return;
  if (allocated === undefined) validateAllocation(allocation, namesOf(spec.devices), 'status.allocation', problems);
  else if (!sameJson(allocation, allocated)) problems.invalid('status.allocation', allocation, 'field is immutable');
}

function validateConsumer(consumer: ResourceClaimConsumerReference, at: string, problems: Problems): void {
  for (const field of ['resource', 'name', 'uid'] as const) {
    if (consumer[field] === '') problems.required(`${at}.${field}`);
  }
}

function validatePlace({ driver, pool, device, shareID }: Place, at: string, problems: Problems): void {
  validateDriverName(driver, `${at}.driver`, problems);
  validatePool(pool, `${at}.pool`, problems);
  problems.breaches(`${at}.device`, device, dnsLabel);
  if (shareID === undefined || UUID.test(shareID)) return;
  const rule =
    'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters';
  problems.invalid(`${at}.shareID`, shareID, rule);
}

function validateAllocation(allocation: AllocationResult, names: RequestNames, at: string, problems: Problems): void {
  const { devices = {}, nodeSelector } = allocation;
  validateEach(devices.results, MOST_RESULTS, `${at}.devices.results`, problems, (result, here) =>
    validateResult(result, names, here, problems),
  );
  validateEach(devices.config, MOST_CONFIGS, `${at}.devices.config`, problems, (config, here) => {
    if (config.source === '') problems.required(`${here}.source`);
    else problems.unlessOneOf(`${here}.source`, config.source, SOURCES);
    validateReferences(config.requests, names, `${here}.requests`, problems);
    validateConfiguration(config.opaque, `${here}.opaque`, problems);
  });
  if (nodeSelector !== undefined) validateNodeSelector(nodeSelector, `${at}.nodeSelector`, problems);
}

function validateResult(
  result: DeviceRequestAllocationResult,
  names: RequestNames,
  at: string,
  problems: Problems,
): void {
  validateReference(result.request, names, `${at}.request`, problems);
  validatePlace(result, at, problems);
  validateBindingConditions(result, at, problems);
  result.tolerations?.forEach((toleration, i) => validateToleration(toleration, `${at}.tolerations[${i}]`, problems));
}

function validateDeviceStatus(
  status: AllocatedDeviceStatus,
  allocated: ReadonlySet<string>,
  at: string,
  problems: Problems,
): void {
  const { conditions = [], data, networkData } = status;
  validatePlace(status, at, problems);
  if (!allocated.has(idOf(status))) {
    problems.invalid(at, new GoSyntax(idOf(status)), 'must be an allocated device in the claim');
  }
  if (conditions.length > MOST_CONDITIONS) {
    problems.tooMany(`${at}.conditions`, conditions.length, MOST_CONDITIONS);
  }
  if (data !== undefined) validateParameters(data, `${at}.data`, DATA_BYTES, problems);
  if (networkData !== undefined) validateNetwork(networkData, `${at}.networkData`, problems);
}

function validateNetwork(data: NetworkDeviceData, at: string, problems: Problems): void {
  const { interfaceName = '', hardwareAddress = '', ips } = data;
  if (Buffer.byteLength(interfaceName) > 256) problems.tooLong(`${at}.interfaceName`, 256);
  if (Buffer.byteLength(hardwareAddress) > 128) problems.tooLong(`${at}.hardwareAddress`, 128);
  validateSet(ips, MOST_IPS, `${at}.ips`, problems, {
    validate: (address, here) => {
      const [ip = '', bits = '', ...more] = address.split('/', 3);
      const most = ip.includes(':') ? 128 : 32;
      if (isIp(ip) && /^\d{1,3}$/.test(bits) && Number(bits) <= most && more.length === 0) return;
      const rule = 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)';
      problems.invalid(here, address, rule);
    },
    key: (address) => address,
  });
}
