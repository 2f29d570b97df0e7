import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { BodyAnswer } from '../rest/answer';

const compress = promisify(gzip);

/** A document that is sent to many: by its hash, a client that has it already can tell. */
export interface KeptDocument extends BodyAnswer {
  /** Of its bytes: another one as soon as these differ. */
  readonly hash: string;
}

/** Keeps a document for all who ask, compressed too once somebody takes it so. */
export function keptDocument(type: string, bytes: Buffer): KeptDocument {
  const hash = createHash('sha256').update(bytes).digest('hex').toUpperCase();
  let gzipped: Promise<Buffer> | undefined;
  return {
    kind: 'body',
    code: 200,
    type,
    body: bytes,
    hash,
    headers: { etag: `"${hash}"`, vary: 'Accept' },
    gzipped: () => (gzipped ??= compress(bytes)),
  };
}

/**
 * The answer to who may have the document already: 304 if it is of one of the hashes in `If-None-Match`, which may also be `*`
 * (RFC 9110, 13.1.2).
 */
export function ifNoneMatch(answer: BodyAnswer, header: string | undefined): BodyAnswer {
  const etag = answer.headers?.['etag'];
  if (header === undefined || typeof etag !== 'string' || answer.code !== 200) return answer;
  const known = header.split(',').map((text) => text.trim().replace(/^W\//, ''));
  if (!known.includes(etag) && header.trim() !== '*') return answer;
  return { kind: 'body', code: 304, type: answer.type, body: '', headers: answer.headers };
}
