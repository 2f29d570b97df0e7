import { createHash } from 'node:crypto';
import type { ResourceRow } from '@shiplog/contracts';

const BYTES = 8;

/** Of what a resource's objects are stored as, as discovery tells it (apiserver's discovery.StorageVersionHash). */
export function storageVersionHash({ kind, versions: [{ group, version }] }: ResourceRow): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, BYTES).toString('base64');
}
