import {
  base64Length,
  dnsSubdomain,
  jsonObjectProblem,
  type Problems,
  setField,
  utf8Length,
} from '@shiplog/apimachinery';
import { MAX_BYTES, validateImmutable, validateKeys } from './key-value';
import { defineKind } from './kind';

/** Keys that a secret of a type must have. */
const REQUIRED_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['kubernetes.io/dockercfg', ['.dockercfg']],
  ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
  ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']],
]);

const SERVICE_ACCOUNT_TOKEN = 'kubernetes.io/service-account-token';
const SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name';

/** Base64 of a text's UTF-8 bytes. */
function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

const REDACTED = '<secret contents redacted>';

/** Credentials that nobody can read would only be missed when an image is pulled. */
function validateJson(base64: string, at: string, problems: Problems): void {
  const wrong = jsonObjectProblem(Buffer.from(base64, 'base64').toString('utf8'));
  if (wrong !== undefined) problems.invalid(at, REDACTED, wrong);
}

function validateType(type: string, data: Readonly<Record<string, string>>, problems: Problems): void {
  for (const key of REQUIRED_KEYS.get(type) ?? []) {
    if (!Object.hasOwn(data, key)) problems.required(`data[${key}]`);
    else if (key.startsWith('.docker')) validateJson(data[key] ?? '', `data[${key}]`, problems);
  }
  if (type === 'kubernetes.io/basic-auth' && data['username'] === undefined && data['password'] === undefined) {
    problems.required('data[username]');
    problems.required('data[password]');
  }
}

export const secrets = defineKind<'secrets'>({
  resource: 'secrets',
  name: dnsSubdomain,
  generation: 'none',
  fields: { type: (secret) => secret.type },
  defaults(draft) {
    draft.type ??= 'Opaque';
    if (draft.stringData !== undefined) {
      draft.data ??= {};
      for (const [key, text] of Object.entries(draft.stringData)) setField(draft.data, key, toBase64(text));
      delete draft.stringData;
    }
  },
  validate(draft, problems) {
    const data = draft.data ?? {};
    validateKeys(data, 'data', problems);
    const size = Object.entries(data).reduce((sum, [key, value]) => sum + utf8Length(key) + base64Length(value), 0);
    if (size > MAX_BYTES) problems.tooLong('data', MAX_BYTES);
    const type = draft.type ?? '';
    validateType(type, data, problems);
    if (type === SERVICE_ACCOUNT_TOKEN && (draft.metadata.annotations?.[SERVICE_ACCOUNT_NAME] ?? '') === '') {
      problems.required(`metadata.annotations[${SERVICE_ACCOUNT_NAME}]`);
    }
  },
  validateUpdate(draft, before, problems) {
    if (draft.type !== before.type) problems.invalid('type', draft.type, 'field is immutable');
    validateImmutable(draft, before, ['data'], problems);
  },
});
