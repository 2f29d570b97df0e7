const LENGTH_BYTES = 2;

/** A message as it goes over TCP: behind its length. RFC 1035 §4.2.2. */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length, 0);
  return Buffer.concat([length, message]);
}

/** Messages out of a TCP stream, however that is cut. What is held is less than one message, 64 KiB at most. */
export class Frames {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are whole by these bytes; copies. */
  add(data: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    while (rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + rest.readUInt16BE(0);
      if (rest.length < end) break;
      messages.push(Buffer.from(rest.subarray(LENGTH_BYTES, end)));
      rest = rest.subarray(end);
    }
    this.#rest = Buffer.from(rest);
    return messages;
  }
}
