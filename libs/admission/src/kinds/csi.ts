import type { CSINodeDriver, CSITokenRequest } from '@shiplog/contracts';
import { dnsSubdomain, GoSyntax, type Problems, qualifiedName, sameJson } from '@shiplog/apimachinery';
import { validateLabelSelector } from '../pods/label-selector';
import { validateAmount } from '../pods/resources';
import { validateDriverName } from '../volumes/persistent';
import { form, immutable, supported } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';

const LIFECYCLE_MODES = ['Persistent', 'Ephemeral'];
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const MAX_NODE_ID_BYTES = 256;
const MIN_UPDATE_SECONDS = 10;

/** Kubernetes' rules for drivers of storage (ValidateCSIDriver). */
export const csiDrivers = defineKind<'csidrivers.storage.k8s.io'>({
  resource: 'csidrivers.storage.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  defaults({ spec }) {
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  rows: new FieldRules({
    'spec.fsGroupPolicy': supported('ReadWriteOnceWithFSType', 'File', 'None'),
    'spec.volumeLifecycleModes': immutable,
  }),
  validate({ spec }, problems) {
    validateTokens(spec.tokenRequests ?? [], problems);
    for (const mode of spec.volumeLifecycleModes ?? []) {
      problems.unlessOneOf('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES);
    }
    const seconds = spec.nodeAllocatableUpdatePeriodSeconds;
    if (seconds === undefined || seconds >= MIN_UPDATE_SECONDS) return;
    const rule = `must be greater than or equal to ${MIN_UPDATE_SECONDS} seconds`;
    problems.invalid('spec.nodeAllocatableUpdatePeriodSeconds', seconds, rule);
  },
  validateUpdate(draft, before, problems) {
    if (draft.spec.attachRequired === before.spec.attachRequired) return;
    // Kubernetes calls the field so.
    problems.invalid('spec.attachedRequired', draft.spec.attachRequired, 'field is immutable');
  },
});

function validateTokens(requests: readonly CSITokenRequest[], problems: Problems): void {
  const audiences = new Set<string>();
  requests.forEach(({ audience, expirationSeconds: seconds }, i) => {
    const at = `spec.tokenRequests[${i}]`;
    if (audiences.has(audience)) {
      problems.duplicate(`${at}.audience`, audience);
      return;
    }
    audiences.add(audience);
    if (seconds === undefined) return;
    const here = `${at}.expirationSeconds`;
    if (seconds < MIN_TOKEN_SECONDS) problems.invalid(here, seconds, 'may not specify a duration less than 10 minutes');
    if (seconds > MAX_TOKEN_SECONDS) {
      problems.invalid(here, seconds, 'may not specify a duration larger than 2^32 seconds');
    }
  });
}

/** Kubernetes' rules for what a node says of the drivers on it (ValidateCSINode). */
export const csiNodes = defineKind<'csinodes.storage.k8s.io'>({
  resource: 'csinodes.storage.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  validate({ spec }, problems) {
    const names = new Set<string>();
    spec.drivers.forEach((driver, i) => {
      const at = `spec.drivers[${i}]`;
      validateNodeDriver(driver, at, problems);
      if (names.has(driver.name)) problems.duplicate(`${at}.name`, driver.name);
      names.add(driver.name);
    });
  },
  validateUpdate(draft, before, problems) {
    const drivers = new Map(draft.spec.drivers.map((driver) => [driver.name, driver]));
    for (const old of before.spec.drivers) {
      const driver = drivers.get(old.name);
      if (driver !== undefined && !sameJson(withoutLimits(driver), withoutLimits(old))) {
        problems.invalid('CSINodeDriver', driver, 'field is immutable');
      }
    }
  },
});

/** How many volumes a driver can have may turn out to be another number. */
function withoutLimits({ allocatable: _count, ...driver }: CSINodeDriver): unknown {
  return driver;
}

function validateNodeDriver(driver: CSINodeDriver, at: string, problems: Problems): void {
  const { name, nodeID, allocatable, topologyKeys = [] } = driver;
  validateDriverName(name, `${at}.name`, problems);
  if (nodeID === '') problems.required(`${at}.nodeID`);
  if (Buffer.byteLength(nodeID) > MAX_NODE_ID_BYTES) {
    problems.invalid(`${at}.nodeID`, nodeID, `must be ${MAX_NODE_ID_BYTES} characters or less`);
  }
  const count = allocatable?.count ?? 0;
  if (count < 0) problems.invalid(`${at}.allocatable.count`, count, 'must be greater than or equal to 0');
  const keys = new Set<string>();
  for (const key of topologyKeys) {
    if (key === '') problems.required(at);
    if (keys.has(key)) problems.duplicate(at, key);
    keys.add(key);
    problems.breaches(at, key, qualifiedName);
  }
}

/** Kubernetes' rules for how much a driver can still make (ValidateCSIStorageCapacity). */
export const csiStorageCapacities = defineKind<'csistoragecapacities.storage.k8s.io'>({
  resource: 'csistoragecapacities.storage.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  rows: new FieldRules({
    storageClassName: [immutable, form(dnsSubdomain)],
  }),
  validate({ nodeTopology, storageClassName, capacity, maximumVolumeSize }, problems) {
    if (nodeTopology !== undefined) validateLabelSelector(nodeTopology, 'nodeTopology', problems);
    if (storageClassName === '') problems.breaches('storageClassName', '', dnsSubdomain);
    for (const [field, amount] of Object.entries({ capacity, maximumVolumeSize })) {
      if (amount !== undefined) validateAmount('storage', amount, field, problems);
    }
  },
  validateUpdate(draft, before, problems) {
    if (sameJson(draft.nodeTopology, before.nodeTopology)) return;
    const given = draft.nodeTopology === undefined ? new GoSyntax('(*v1.LabelSelector)(nil)') : draft.nodeTopology;
    problems.invalid('nodeTopology', given, 'field is immutable');
  },
});
