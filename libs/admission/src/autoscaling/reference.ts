import type { CrossVersionObjectReference } from '@shiplog/contracts';
import { pathSegment, type Problems } from '@shiplog/apimachinery';

/** Kubernetes' ValidateCrossVersionObjectReference. */
export function validateReference(reference: CrossVersionObjectReference, at: string, problems: Problems): void {
  for (const field of ['kind', 'name'] as const) {
    if (reference[field] === '') problems.required(`${at}.${field}`);
    else problems.breaches(`${at}.${field}`, reference[field], pathSegment);
  }
}
