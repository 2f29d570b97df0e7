import type { Answer } from './answer';

/** As Kubernetes cuts them: each to this many characters once all together are too long. */
const LONGEST = 256;
/** All texts together, in bytes. */
const MOST_BYTES = 4_096;

/**
 * A Warning header (RFC 7234) of some texts, each once. As Kubernetes does, long ones are cut and late ones left out when
 * all together would be too much for clients that limit headers. '' for none.
 */
export function warningHeader(texts: readonly string[]): string {
  const distinct = [...new Set(texts)];
  const fits = bytesOf(distinct) <= MOST_BYTES;
  const cut = fits ? distinct : distinct.map((text) => [...text].slice(0, LONGEST).join(''));
  const sent: string[] = [];
  let bytes = 0;
  for (const text of cut) {
    bytes += Buffer.byteLength(text);
    if (bytes > MOST_BYTES) break;
    sent.push(`299 - "${text.replace(/[\\"]/g, '\\$&')}"`);
  }
  return sent.join(', ');
}

/** An answer with one more warning, before those that it has. */
export function withWarning<T extends Answer>(answer: T, text: string): T {
  const { warning } = answer.headers ?? {};
  const own = warningHeader([text]);
  return {
    ...answer,
    headers: { ...answer.headers, warning: warning === undefined ? own : `${own}, ${String(warning)}` },
  };
}

/** An answer with warnings, where there are any. */
export function withWarnings<T extends Answer>(answer: T, texts: readonly string[] = []): T {
  if (texts.length === 0) return answer;
  return { ...answer, headers: { ...answer.headers, warning: warningHeader(texts) } };
}

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/**
 * A text as a header's value that HTTP allows, whatever the text: UTF-8 in its bytes, as Kubernetes sends and kubectl
 * reads it, and a space for each control character. (Node takes a character of a header for one byte.)
 */
export function headerValue(text: string): string {
  return Buffer.from(text.replace(/\p{Cc}/gu, ' '), 'utf8').toString('latin1');
}
