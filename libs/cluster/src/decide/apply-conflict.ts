import { CAUSES, type KubeStatus, type StatusCause } from '@shiplog/contracts';
import { pathsOf, pathText, statusOf, type Conflict, type Manager } from '@shiplog/apimachinery';

/** 409 with each field that others manage: the first ones where there are many (internal/conflict.go in managedfields). */
export function applyConflict(conflicts: readonly Conflict[]): KubeStatus {
  const causes: StatusCause[] = [];
  const lines: string[] = [];
  let count = 0;
  for (const { manager, fields } of conflicts) {
    lines.push(`conflicts with ${managerText(manager)}:`);
    for (const path of pathsOf(fields)) {
      if (++count > CAUSES) continue;
      const field = pathText(path);
      lines.push(`- ${field}`);
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${managerText(manager)}`, field });
    }
  }
  const [only] = causes;
  const told =
    count === 1 && only !== undefined ? `conflict: ${only.message}: ${only.field}` : `conflicts: ${lines.join('\n')}`;
  return statusOf.applyConflict(`Apply failed with ${count} ${told}`, causes);
}

function managerText({ manager, operation, apiVersion, subresource }: Manager): string {
  const part = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${part}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}
