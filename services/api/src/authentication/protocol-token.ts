import { isUtf8 } from 'node:buffer';
import { listOf } from '../rest/header-list';
import type { RequestHeaders } from './bearer';

/** What the name of a protocol begins with that is a token: browsers can set no other header of a WebSocket. */
const PREFIX = 'base64url.bearer.authorization.k8s.io.';

const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** A token that came among the protocols of a WebSocket; undefined inside for one that is not as it must be. */
export interface ProtocolToken {
  readonly token: string | undefined;
}

/**
 * The bearer token among the protocols that a request for a WebSocket offers; undefined for none. It must be the only one, base64url
 * of UTF-8 without padding, and beside another protocol, which the answer can name
 * (k8s.io/apiserver/pkg/authentication/request/websocket).
 */
export function protocolTokenOf({ headers }: Pick<RequestHeaders, 'headers'>): ProtocolToken | undefined {
  const { upgrade } = headers;
  if (typeof upgrade !== 'string' || upgrade.toLowerCase() !== 'websocket') return undefined;
  const offered = listOf(headers['sec-websocket-protocol']);
  const others = withoutTokens(offered);
  const [name] = offered.filter(isToken);
  if (name === undefined) return undefined;
  if (offered.length - others.length > 1) return { token: undefined };
  const encoded = name.slice(PREFIX.length);
  if (encoded === '') return undefined;
  return { token: others.length === 0 ? undefined : decoded(encoded) };
}

/** The protocols that are no tokens: all that anybody but the authentication is to know of. */
export function withoutTokens(offered: readonly string[]): string[] {
  return offered.filter((name) => !isToken(name));
}

function isToken(name: string): boolean {
  return name.startsWith(PREFIX);
}

function decoded(text: string): string | undefined {
  if (!BASE64URL.test(text) || text.length % 4 === 1) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return isUtf8(bytes) ? bytes.toString() : undefined;
}
