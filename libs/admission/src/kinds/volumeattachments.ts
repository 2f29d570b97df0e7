import type { VolumeAttachmentSource, VolumeError } from '@shiplog/contracts';
import { dnsSubdomain, type Problems, sameJson, utf8Length } from '@shiplog/apimachinery';
import { validateDriverName, validatePersistent } from '../volumes/persistent';
import { defineKind } from './kind';

const ONE_SOURCE = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
const MAX_METADATA_BYTES = 262_144;
const MAX_ERROR_BYTES = 1024;

/** Kubernetes' rules for volumes that are to be attached to nodes (ValidateVolumeAttachment). */
export const volumeAttachments = defineKind<'volumeattachments.storage.k8s.io'>({
  resource: 'volumeattachments.storage.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  prepareCreate(draft) {
    draft.status = { attached: false };
  },
  validate({ spec: { attacher, source, nodeName } }, problems, _ctx, before) {
    if (before !== undefined) return;
    validateDriverName(attacher, 'spec.attacher', problems);
    validateAttached(source, problems);
    problems.breaches('spec.nodeName', nodeName, dnsSubdomain);
  },
  validateUpdate(draft, before, problems) {
    if (!sameJson(draft.spec, before.spec)) problems.invalid('spec', draft.spec, 'field is immutable');
  },
  status: {
    validate({ status }, problems) {
      const { attachmentMetadata = {}, attachError, detachError } = status ?? {};
      const texts = Object.entries(attachmentMetadata).flat();
      const bytes = texts.reduce((sum, text) => sum + utf8Length(text), 0);
      if (bytes > MAX_METADATA_BYTES) problems.tooLong('status.attachmentMetadata', MAX_METADATA_BYTES);
      validateError(attachError, 'status.attachError', problems);
      validateError(detachError, 'status.detachError', problems);
    },
  },
});

function validateAttached(source: VolumeAttachmentSource, problems: Problems): void {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source;
  const at = 'spec.source';
  if (inline === undefined && name === undefined) problems.required(at, ONE_SOURCE);
  else if (inline !== undefined && name !== undefined) problems.forbidden(at, ONE_SOURCE);
  else if (inline !== undefined) validatePersistent(inline, `${at}.inlineVolumeSpec`, problems, { isInline: true });
  else if (name === '') {
    problems.required(`${at}.persistentVolumeName`, 'must specify non empty persistentVolumeName');
  } else problems.breaches(`${at}.persistentVolumeName`, name ?? '', dnsSubdomain);
}

/** Kubernetes allows a message so long, and says another number. */
function validateError(error: VolumeError | undefined, at: string, problems: Problems): void {
  if (utf8Length(error?.message ?? '') > MAX_ERROR_BYTES) problems.tooLong(`${at}.message`, MAX_METADATA_BYTES);
}
