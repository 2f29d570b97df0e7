import { headers as emptyHeaders, type Msg, type MsgHdrs, type Payload } from 'nats';

/** A message as it travels: bytes, so that nobody shares an object with anybody. */
export interface Wire {
  readonly subject: string;
  readonly reply?: string;
  readonly data: Uint8Array;
  /** A header block as NATS has it. */
  readonly header?: Uint8Array;
}

/** NATS' word to who wants an answer that nobody listens. */
export function nobodyListens(to: string): Wire {
  return { subject: to, data: new Uint8Array(), header: Buffer.from('NATS/1.0 503\r\n\r\n') };
}

export function bytesOf(payload: Payload | undefined): Uint8Array {
  if (payload === undefined) return new Uint8Array();
  return typeof payload === 'string' ? Buffer.from(payload) : Uint8Array.from(payload);
}

/** The bytes of headers; what has an `encode` of its own is asked for them, as nats.js does. */
export function headerOf(headers: MsgHdrs | undefined): Uint8Array | undefined {
  return headers === undefined ? undefined : Uint8Array.from((headers as MsgHdrs & { encode(): Uint8Array }).encode());
}

function decoded(header: Uint8Array): MsgHdrs {
  const [first = '', ...lines] = Buffer.from(header).toString('latin1').split('\r\n');
  const [, code = '0'] = first.split(' ');
  const found = code === '0' ? emptyHeaders() : emptyHeaders(Number(code), 'simulated');
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) found.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return found;
}

/** A message as nats.js hands it out. */
export class SimMessage implements Msg {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply: string | undefined;
  #headers: MsgHdrs | undefined;

  constructor(
    private readonly wire: Wire,
    readonly sid: number,
    private readonly publish: (subject: string, payload?: Payload, options?: { headers?: MsgHdrs }) => void,
  ) {
    this.subject = wire.subject;
    this.data = wire.data;
    this.reply = wire.reply;
  }

  /** Undocumented in nats.js, and read by libs/bus: the header's bytes come first, and this many they are. */
  get _rdata(): Uint8Array | undefined {
    return this.wire.header;
  }

  get _msg(): { readonly hdr: number } {
    return { hdr: this.wire.header?.length ?? 0 };
  }

  get headers(): MsgHdrs | undefined {
    const { header } = this.wire;
    if (this.#headers === undefined && header !== undefined) this.#headers = decoded(header);
    return this.#headers;
  }

  respond(payload?: Payload, options?: { headers?: MsgHdrs }): boolean {
    if (this.reply === undefined || this.reply === '') return false;
    this.publish(this.reply, payload, options);
    return true;
  }

  json<T>(): T {
    return JSON.parse(this.string()) as T;
  }

  string(): string {
    return Buffer.from(this.data).toString('utf8');
  }
}
