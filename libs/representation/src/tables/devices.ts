import type { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '@shiplog/contracts';
import { ageOf } from '../duration';
import { AGE, NAME, text, type Printer } from './column';

/** What shows only its age, unlike what has no columns of its own. */
export const agePrinter: Printer<DeviceClass | ResourceClaimTemplate> = {
  columns: [NAME, AGE],
  cells: ({ metadata }, now) => [metadata.name ?? '', ageOf(metadata.creationTimestamp, now)],
};

export const resourceClaimPrinter: Printer<ResourceClaim> = {
  columns: [NAME, text('State', 'Whether devices are allocated, and reserved for somebody.'), AGE],
  cells: (claim, now) => [
    claim.metadata.name ?? '',
    stateOf(claim).join(','),
    ageOf(claim.metadata.creationTimestamp, now),
  ],
};

function stateOf({ metadata, status }: ResourceClaim): string[] {
  const isDeleted = metadata.deletionTimestamp !== undefined;
  const states = isDeleted ? ['deleted'] : [];
  if (status?.allocation === undefined) return isDeleted ? states : ['pending'];
  return [...states, 'allocated', ...((status.reservedFor ?? []).length > 0 ? ['reserved'] : [])];
}

export const resourceSlicePrinter: Printer<ResourceSlice> = {
  columns: [
    NAME,
    text('Node', 'Which node has the devices.'),
    text('Driver', 'Which driver offers them.'),
    text('Pool', 'Which pool they belong to.'),
    AGE,
  ],
  cells: ({ metadata, spec }, now) => [
    metadata.name ?? '',
    spec.nodeName ?? '',
    spec.driver,
    spec.pool.name,
    ageOf(metadata.creationTimestamp, now),
  ],
};
