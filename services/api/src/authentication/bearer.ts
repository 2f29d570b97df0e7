import type { ClientCertificate } from './client-certificate';

/** What a request shows of who sends it, before its body. */
export interface RequestHeaders {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Of the connection; absent where none was shown. */
  readonly certificate?: ClientCertificate | undefined;
}

/** More is no token, in characters: reviews could bring one as long as a body may be. */
export const LONGEST_TOKEN = 64 * 1024;

/** Whether a request says nothing of who sends it. */
export function isSilent({ headers: { authorization = '' } }: RequestHeaders): boolean {
  return typeof authorization === 'string' && authorization.trim() === '';
}

/** The bearer token of an Authorization header; undefined for none, and for another scheme. */
export function bearerOf({ headers: { authorization } }: RequestHeaders): string | undefined {
  if (typeof authorization !== 'string' || authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const token = authorization.slice(7).trim();
  return token === '' ? undefined : token;
}
