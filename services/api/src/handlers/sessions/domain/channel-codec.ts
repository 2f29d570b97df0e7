/** One message of a client, or to it: which channel, and its bytes. */
export interface ChannelMessage {
  readonly channel: number;
  readonly data: Uint8Array;
}

/** How a protocol of WebSockets writes the channel of each message. */
export interface ChannelCodec {
  /** undefined for what is no message of the protocol. */
  decode(message: Uint8Array | string): ChannelMessage | undefined;
  encode(channel: number, data: Uint8Array): Uint8Array | string;
}

/** The channel is the first byte. */
export const BINARY: ChannelCodec = {
  decode(message) {
    const bytes = typeof message === 'string' ? Buffer.from(message) : message;
    const [channel] = bytes;
    return channel === undefined ? undefined : { channel, data: bytes.subarray(1) };
  },
  encode(channel, data) {
    const message = Buffer.allocUnsafe(data.length + 1);
    message[0] = channel;
    message.set(data, 1);
    return message;
  },
};

const ZERO = 0x30;

/** The channel is the first character, a digit; what follows is base64. For clients that know text only. */
export const BASE64: ChannelCodec = {
  decode(message) {
    const text = typeof message === 'string' ? message : Buffer.from(message).toString('latin1');
    const channel = text.charCodeAt(0) - ZERO;
    if (!(channel >= 0 && channel <= 9)) return undefined;
    return { channel, data: Buffer.from(text.slice(1), 'base64') };
  },
  encode: (channel, data) =>
    `${String.fromCharCode(ZERO + channel)}${Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64')}`,
};
