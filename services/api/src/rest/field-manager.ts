import { FIELD_MANAGER_BYTES, type PatchType } from '@shiplog/contracts';
import { GoSyntax, Problems, statusOf, utf8Length } from '@shiplog/apimachinery';
import { throwStatus } from './errors';
import { flagParam, param, type WriteOptionsKind } from './options';
import type { ResourceRequest } from './request';

/** As Go's unicode.IsPrint. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Who manages what a request writes when neither it nor its client says so. */
const UNKNOWN = 'unknown';

/** What a write says of managers of fields. */
export interface FieldManagement {
  readonly fieldManager: string;
  readonly force?: boolean;
}

/**
 * The manager that a write names, or its client's name (managerOrUserAgent in apiserver). 422 for what can be no manager, and, with
 * the type of a patch, for a force that has no meaning or a manager that is missing (ValidatePatchOptions in apimachinery).
 */
export function fieldManagementOf(
  { query, userAgent }: Pick<ResourceRequest, 'query' | 'userAgent'>,
  kind: WriteOptionsKind,
  patchType?: PatchType,
): FieldManagement {
  const manager = param(query, 'fieldManager') ?? '';
  const problems = new Problems();
  if (patchType === 'apply') {
    if (manager === '') problems.required('fieldManager', 'is required for apply patch');
  } else if (patchType !== undefined && query['force'] !== undefined) {
    problems.forbidden('force', 'may not be specified for non-apply patch');
  }
  checkManager(manager, problems);
  if (!problems.none) {
    throwStatus(statusOf.invalid({ group: 'meta.k8s.io', plural: kind.toLowerCase(), kind }, '', problems.causes));
  }
  const fieldManager = manager === '' ? managerOfAgent(userAgent) : manager;
  return patchType === 'apply' && flagParam(query, 'force') ? { fieldManager, force: true } : { fieldManager };
}

function checkManager(manager: string, problems: Problems): void {
  if (utf8Length(manager) > FIELD_MANAGER_BYTES) return problems.tooLong('fieldManager', FIELD_MANAGER_BYTES);
  let position = 0;
  for (const character of manager) {
    if (!PRINTABLE.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      const shown = new GoSyntax(JSON.stringify(manager));
      problems.invalid('fieldManager', shown, `invalid character U+${code} (at position ${position})`);
    }
    position += utf8Length(character);
  }
}

/** What of a client's name stands before its version, as far as it is printable and fits. */
function managerOfAgent(userAgent = ''): string {
  const [product = ''] = userAgent.split('/', 1);
  let manager = '';
  let bytes = 0;
  for (const character of product) {
    if (!PRINTABLE.test(character)) continue;
    bytes += utf8Length(character);
    if (bytes > FIELD_MANAGER_BYTES) break;
    manager += character;
  }
  return manager === '' ? UNKNOWN : manager;
}
