import type { AnyCommand, ObjectOf } from '@shiplog/contracts';

/** The type of Secrets that hold the token of a service account, and the annotations that say of which. */
export const TOKEN_SECRET = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

type Secret = ObjectOf<'secrets'>;
type Account = ObjectOf<'serviceaccounts'>;
type Step = Pick<AnyCommand, 'type' | 'data'>;

/** All that the decision on a Secret looks at. */
export interface TokenSecretView {
  readonly secret: Secret;
  /** The one that the Secret names, if it is there. */
  readonly account: Account | undefined;
  /** What pods check the api's certificate with, PEM; '' where it is not published. */
  readonly authority: string;
}

/** What a Secret needs: its data, of which the token is to be made for the account, or to go because its account is no more. */
export type TokenSecretDecision =
  | { readonly kind: 'none' }
  | { readonly kind: 'delete'; readonly command: Step }
  | {
      readonly kind: 'fill';
      readonly account: Account;
      readonly isTokenMissing: boolean;
      /** Given the token, if it is missing. */
      readonly command: (token: string) => Step;
    };

/** The service account whose token a Secret is to hold; undefined for a Secret of another type. */
export function accountNameOf({ type, metadata }: Secret): string | undefined {
  return type === TOKEN_SECRET ? metadata.annotations?.[ACCOUNT_NAME] : undefined;
}

/** As Kubernetes' tokens controller decides it. */
export function decideTokenSecret({ secret, account, authority }: TokenSecretView): TokenSecretDecision {
  const { namespace = '', name, uid, resourceVersion, deletionTimestamp, annotations = {} } = secret.metadata;
  if (accountNameOf(secret) === undefined || deletionTimestamp !== undefined) return { kind: 'none' };
  const key = { resource: 'secrets', namespace, name } as const;
  const knownUid = annotations[ACCOUNT_UID] ?? '';
  if (account === undefined || (knownUid !== '' && knownUid !== account.metadata.uid)) {
    const command: Step = { type: 'DeleteObject', data: { ...key, preconditions: { uid, resourceVersion } } };
    return { kind: 'delete', command };
  }
  const isTokenMissing = (secret.data?.['token'] ?? '') === '';
  const data = missing(secret.data ?? {}, { namespace, ...(authority === '' ? {} : { 'ca.crt': authority }) });
  if (!isTokenMissing && knownUid !== '' && Object.keys(data).length === 0) return { kind: 'none' };
  const metadata = { uid, resourceVersion, annotations: { [ACCOUNT_UID]: account.metadata.uid } };
  return {
    kind: 'fill',
    account,
    isTokenMissing,
    command: (token) => {
      const patch = { metadata, data: isTokenMissing ? { ...data, token: base64(token) } : data };
      return { type: 'PatchObject', data: { ...key, patchType: 'merge', patch } };
    },
  };
}

/** Which of the texts are not there, as a Secret holds them. */
function missing(
  data: Readonly<Record<string, string>>,
  texts: Readonly<Record<string, string>>,
): Record<string, string> {
  const wanted = Object.entries(texts).map(([name, text]) => [name, base64(text)] as const);
  return Object.fromEntries(wanted.filter(([name, text]) => data[name] !== text));
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
