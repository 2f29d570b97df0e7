import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode, RECURSION_DESIRED, type DecodedPacket, type RecordType } from 'dns-packet';
import { framed, Frames } from '../server/frames';

const PATIENCE_MS = 5_000;

export function question(name: string, type: RecordType = 'A', id = 7): Buffer {
  return encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [{ name, type }] });
}

/** Asks by UDP; undefined when no answer comes in time. */
export async function exchange(port: number, message: Buffer, host = '127.0.0.1'): Promise<Buffer | undefined> {
  const socket = createSocket('udp4');
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
      socket.on('message', resolve);
      socket.on('error', reject);
      socket.connect(port, host, () => socket.send(message));
    });
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

export async function ask(port: number, name: string, type: RecordType = 'A', host?: string): Promise<Answered> {
  const answer = await exchange(port, question(name, type), host);
  if (answer === undefined) throw new Error(`no answer on ${name}`);
  return answered(answer);
}

/** The library's types leave the code out. */
export type Answered = DecodedPacket & { readonly rcode: string };

export function answered(message: Buffer): Answered {
  return decode(message) as Answered;
}

/** Asks all by one TCP connection, in pieces of so many bytes; the answers as they come. */
export function askByTcp(port: number, messages: readonly Buffer[], pieceBytes = 65_536): Promise<Answered[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    const frames = new Frames();
    const answers: Answered[] = [];
    const bytes = Buffer.concat(messages.map(framed));
    for (let from = 0; from < bytes.length; from += pieceBytes) socket.write(bytes.subarray(from, from + pieceBytes));
    socket.on('data', (data) => {
      answers.push(...frames.add(data).map(answered));
      if (answers.length < messages.length) return;
      socket.destroy();
      resolve(answers);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${answers.length} of ${messages.length} answers`)));
  });
}

/** What an answer says, in a line a record. */
export function said({ answers = [] }: DecodedPacket): string[] {
  return answers.map((record) => `${record.type} ${'data' in record ? JSON.stringify(record.data) : ''}`).sort();
}
