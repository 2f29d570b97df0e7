/** Of two to the power of so many texts, one each is kept: of what rows have in common there are fewer. */
const SLOTS = 1 << 10;
const LONGEST = 64;

/**
 * Texts that come again in row after row (a resource, a namespace, a node), read from their bytes: found by them, a text is neither
 * decoded nor allocated again.
 */
export class Interned {
  readonly #texts: string[] = Array<string>(SLOTS).fill('');

  /** The UTF-8 text of some bytes. */
  text(bytes: Buffer, from: number, to: number): string {
    if (to - from > LONGEST) return bytes.toString('utf8', from, to);
    let hash = to - from;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
    const known = this.#texts[slot] as string;
    if (isText(known, bytes, from, to)) return known;
    const text = bytes.toString('utf8', from, to);
    this.#texts[slot] = text;
    return text;
  }
}

/** Other than ASCII is another number of bytes, or other ones: it is decoded anew. */
function isText(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}
