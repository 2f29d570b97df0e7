import { distinctOwners } from '@shiplog/admission';
import { isJsonObject } from '@shiplog/apimachinery';
import type { OwnerReference, PatchType } from '@shiplog/contracts';

/** The warning of owners that a body gives more than once: they are kept once. None when its owners can't be read. */
export function ownerWarnings(body: unknown, patchType?: PatchType): string[] {
  // Only a merge patch has the list as it will be; what is patched is looked at after admission.
  if (patchType !== undefined && patchType !== 'merge') return [];
  const metadata = isJsonObject(body) ? body.metadata : undefined;
  const owners = isJsonObject(metadata) ? metadata.ownerReferences : undefined;
  if (!Array.isArray(owners) || !owners.every(isJsonObject)) return [];
  const { repeated } = distinctOwners(owners as unknown as OwnerReference[]);
  if (repeated.length === 0) return [];
  const when = patchType === undefined ? '' : ' after mutating admission happens';
  return [
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may ` +
      `reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated.join(', ')}`,
  ];
}
