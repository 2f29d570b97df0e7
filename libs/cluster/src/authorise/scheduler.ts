import { isJsonObject } from '@shiplog/apimachinery';
import type { AnyCommand } from '@shiplog/contracts';
import { VOLUME_ANNOTATIONS } from '@shiplog/kube';

/** What a scheduler may write of objects, beside where pods go: who a volume is kept for, and where one is to be made. */
const WRITABLE: Readonly<Record<string, { readonly spec: readonly string[]; readonly annotation: string }>> = {
  persistentvolumes: { spec: ['claimRef'], annotation: VOLUME_ANNOTATIONS.boundByController },
  persistentvolumeclaims: { spec: [], annotation: VOLUME_ANNOTATIONS.selectedNode },
};
/** By which a patch says which object it means. */
const IDENTITY = ['uid', 'resourceVersion'];

/** Why a scheduler may not do something, or undefined. */
export function schedulerRejection(command: AnyCommand): string | undefined {
  if (command.type !== 'PatchObject') return undefined;
  const { resource, subresource, patchType, patch } = command.data;
  const writable = Object.hasOwn(WRITABLE, resource) ? WRITABLE[resource] : undefined;
  if (writable === undefined || subresource !== undefined) return 'it may patch claims and volumes only';
  if ((patchType !== 'strategic' && patchType !== 'merge') || !isJsonObject(patch)) {
    return 'it may patch by merge patches only';
  }
  const { metadata = {}, spec = {}, ...others } = patch;
  if (!isJsonObject(metadata) || !isJsonObject(spec)) return 'it may not remove parts of an object';
  const { annotations = {}, ...identity } = metadata;
  if (!isJsonObject(annotations)) return 'it may not remove the annotations of an object';
  const other =
    notIn(others, []) ??
    notIn(identity, IDENTITY, 'metadata.') ??
    notIn(annotations, [writable.annotation], 'metadata.annotations.') ??
    notIn(spec, writable.spec, 'spec.');
  return other === undefined ? undefined : `it may not change ${other} of ${resource}`;
}

function notIn(fields: object, allowed: readonly string[], at = ''): string | undefined {
  const other = Object.keys(fields).find((field) => !allowed.includes(field));
  return other === undefined ? undefined : `${at}${other}`;
}
