import type { Msg, MsgHdrs } from 'nats';

/** All that publishing asks of headers, though nats.js does not declare it: their bytes. */
export type WrittenHeaders = MsgHdrs & { encode(): Uint8Array };

/**
 * Headers from their bytes, from `NATS/1.0` to the empty line. nats.js itself would look for each name among all the
 * others, and cost more than the rest of an event.
 */
export function writtenHeaders(bytes: Uint8Array): WrittenHeaders {
  return { encode: () => bytes } as Partial<WrittenHeaders> as WrittenHeaders;
}

/** What nats.js holds of a message before anybody asks for its headers; not among what it documents. */
interface Undecoded {
  readonly _rdata?: Uint8Array;
  readonly _msg?: { readonly hdr?: number };
}

/** A message's headers by name. */
export interface HeaderValues {
  get(name: string): string | undefined;
}

/**
 * A message's headers; undefined when it has none. Read from their bytes where they are at hand: nats.js makes a list of
 * each value and searches all names for each, which costs more than the rest of an event.
 */
export function headerValues(message: Pick<Msg, 'headers'>): HeaderValues | undefined {
  const { _rdata: bytes, _msg: { hdr: length = 0 } = {} } = message as Undecoded;
  if (bytes === undefined || length <= 0) return message.headers === undefined ? undefined : valuesOf(message.headers);
  return new HeaderBlock(Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1'));
}

function valuesOf(headers: MsgHdrs): HeaderValues {
  const values = new Map<string, string>();
  for (const [name, [value = '']] of headers) values.set(name, value);
  return values;
}

/** Headers as they are written. Looked up in the order of their lines, each is found where the one before it ended. */
class HeaderBlock implements HeaderValues {
  #next: number;

  constructor(private readonly text: string) {
    this.#next = text.indexOf('\r\n') + 2;
  }

  get(name: string): string | undefined {
    const { text } = this;
    const isNext = text.startsWith(name, this.#next) && text[this.#next + name.length] === ':';
    const start = isNext ? this.#next : text.indexOf(`\r\n${name}:`) + 2;
    if (start < 2) return undefined;
    const from = start + name.length + 1;
    const end = text.indexOf('\r\n', from);
    if (end < 0) return undefined;
    this.#next = end + 2;
    return text.slice(from, end).trim();
  }
}

/** '' when there is none. */
export function text(values: HeaderValues, name: string): string {
  return values.get(name) ?? '';
}

/** undefined when there is none. */
export function numberIn(values: HeaderValues, name: string): number | undefined {
  const value = text(values, name);
  return value === '' ? undefined : Number(value);
}

/** Percent-decoded; undefined when there is none. */
export function textIn(values: HeaderValues, name: string): string | undefined {
  const value = text(values, name);
  if (value === '') return undefined;
  // Hardly any is encoded: to look takes a tenth of decoding.
  return value.includes('%') ? decodeURIComponent(value) : value;
}
