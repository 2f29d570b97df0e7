import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** What lets one machine join, once, until it expires: it is a secret. */
export interface JoinToken {
  /** Names the token; the machine may speak on the subject of this name, and on no other. */
  readonly id: string;
  /** Where the machine reaches NATS: `tls://host:port`. */
  readonly url: string;
  /** RFC 3339. */
  readonly expires: string;
  /** Of the nkey that the token is let in with. */
  readonly seed: string;
  /** PEM: a certificate with its key, for the connection, and the authority that the server's must come from. */
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/** Says what it is, and which version of it. */
const PREFIX = 'shiplog1.';
const FIELDS = ['id', 'url', 'expires', 'seed', 'certificate', 'key', 'authority'] as const;
/** A token is about 1.5 kB of text; what it holds may not expand beyond this, in bytes. */
const LARGEST = 16 * 1024;

/** One word that can be copied into a command line. */
export function encodeToken(token: JoinToken): string {
  return `${PREFIX}${deflateRawSync(JSON.stringify(FIELDS.map((field) => token[field]))).toString('base64url')}`;
}

/** The token of such a word. Throws an Error whose message says what is wrong with it. */
export function decodeToken(text: string): JoinToken {
  if (!text.startsWith(PREFIX)) throw new Error(`a token begins with ${PREFIX}`);
  const values = unpacked(text.slice(PREFIX.length));
  if (!Array.isArray(values) || values.length !== FIELDS.length || values.some((value) => typeof value !== 'string')) {
    throw new Error('the token is not whole: copy it again, to its last character');
  }
  return Object.fromEntries(FIELDS.map((field, i) => [field, values[i] as string])) as unknown as JoinToken;
}

function unpacked(text: string): unknown {
  try {
    return JSON.parse(inflateRawSync(Buffer.from(text, 'base64url'), { maxOutputLength: LARGEST }).toString());
  } catch {
    return undefined;
  }
}
