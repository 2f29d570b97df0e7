import { base64Length, dnsSubdomain, utf8Length } from '@shiplog/apimachinery';
import { MAX_BYTES, validateImmutable, validateKeys } from './key-value';
import { defineKind } from './kind';

export const configMaps = defineKind<'configmaps'>({
  resource: 'configmaps',
  name: dnsSubdomain,
  generation: 'none',
  validate(draft, problems) {
    validateKeys(draft.data, 'data', problems);
    validateKeys(draft.binaryData, 'binaryData', problems);
    for (const key of Object.keys(draft.binaryData ?? {})) {
      if (draft.data !== undefined && Object.hasOwn(draft.data, key)) {
        problems.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
      }
    }
    const text = Object.values(draft.data ?? {}).reduce((sum, value) => sum + utf8Length(value), 0);
    const binary = Object.values(draft.binaryData ?? {}).reduce((sum, value) => sum + base64Length(value), 0);
    if (text + binary > MAX_BYTES) problems.tooLong('[]', MAX_BYTES);
  },
  validateUpdate(draft, before, problems) {
    validateImmutable(draft, before, ['data', 'binaryData'], problems);
  },
});
