import type { Problems } from '@shiplog/apimachinery';
import type { Condition, Definition, StoredDefinition } from './types';

/** The annotation by which groups of the Kubernetes community show that their API was reviewed. */
const ANNOTATION = 'api-approved.kubernetes.io';
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111';
const NEEDED = `protected groups must have approval annotation "${ANNOTATION}"`;

type Approval = Pick<Condition, 'status' | 'reason'> & { readonly message: string };

/** What the approval annotation of a definition comes to (apihelpers.GetAPIApprovalState). */
function approvalOf({ metadata }: Pick<Definition, 'metadata'>): Approval {
  const { [ANNOTATION]: value = '' } = metadata.annotations ?? {};
  if (value === '') return { status: 'False', reason: 'MissingAnnotation', message: `${NEEDED}, ${SEE}` };
  if (value.startsWith('unapproved')) {
    return { status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: ${JSON.stringify(value)}` };
  }
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && url.host !== '' && url.protocol !== '') {
    return { status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${value}` };
  }
  const message = `${NEEDED} with either a URL or a reason starting with "unapproved", ${SEE}`;
  return { status: 'False', reason: 'InvalidAnnotation', message };
}

/** Whether a group is of the Kubernetes community. */
function isProtected(group: string): boolean {
  return /(^|\.)(k8s|kubernetes)\.io$/.test(group);
}

/** That a definition of a protected group was approved; one that was stored without stays as it is. */
export function validateApproval(draft: Definition, before: StoredDefinition | undefined, problems: Problems): void {
  if (!isProtected(draft.spec?.group ?? '')) return;
  const { reason, message } = approvalOf(draft);
  if (before !== undefined && approvalOf(before).reason === reason) return;
  const at = `metadata.annotations[${ANNOTATION}]`;
  if (reason === 'MissingAnnotation') problems.required(at, message);
  if (reason === 'InvalidAnnotation') problems.invalid(at, draft.metadata.annotations?.[ANNOTATION], message);
}

/** The condition of a definition whose group is protected. */
export function approvalCondition(draft: Definition): Condition | undefined {
  if (!isProtected(draft.spec?.group ?? '')) return undefined;
  return { type: 'KubernetesAPIApprovalPolicyConformant', ...approvalOf(draft) };
}
