import type { KubeObject, ResourceRow } from '@shiplog/contracts';
import { nameSuffix } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';

const GENERATED_NAME_BYTES = 63;
const SUFFIX_BYTES = 5;
const NAME_ATTEMPTS = 16;

/** A prefix and five characters from the seed; other five when an object has that name already. */
export function generatedName(row: ResourceRow, draft: KubeObject, ctx: AdmissionContext): string {
  const base = (draft.metadata.generateName ?? '').slice(0, GENERATED_NAME_BYTES - SUFFIX_BYTES);
  const namespace = draft.metadata.namespace ?? '';
  let name = '';
  for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
    name = base + nameSuffix(ctx.seed, attempt);
    if (ctx.state.get(row.id, namespace, name) === undefined) break;
  }
  return name;
}

/**
 * What a new object is called where it is refused before it is whole: Kubernetes generates names only then, so as it was asked for
 * (NewForbidden in k8s.io/apiserver/pkg/admission).
 */
export function requestedName(row: ResourceRow, draft: KubeObject, ctx: AdmissionContext): string {
  const { name = '', generateName } = draft.metadata;
  return generateName !== undefined && name === generatedName(row, draft, ctx) ? generateName : name;
}
