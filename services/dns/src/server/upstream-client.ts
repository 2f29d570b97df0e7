import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Upstream } from '../domain/upstreams';
import { framed, Frames } from './frames';

/** How long a server may take until the next is asked, in milliseconds. */
const PATIENCE_MS = 2_000;
/** Questions under way at most: each has a socket of its own, whose port nobody can guess. */
const MOST_UNDER_WAY = 512;

/** No server answered. */
export class UpstreamFailure extends Error {}

/** Asks other servers, in turn, until one answers. */
export class UpstreamClient {
  #underWay = 0;

  /**
   * The answer to a message of a client, as it came but for its id. Throws UpstreamFailure when none came. `question` is
   * what an answer must repeat.
   */
  async ask(
    message: Buffer,
    question: Buffer,
    servers: readonly Upstream[],
    transport: 'udp' | 'tcp',
  ): Promise<Buffer> {
    if (servers.length === 0) throw new UpstreamFailure('there is no server to ask');
    if (this.#underWay >= MOST_UNDER_WAY) throw new UpstreamFailure(`${MOST_UNDER_WAY} questions are under way`);
    this.#underWay++;
    try {
      return await this.#tryAll(message, question, servers, transport);
    } finally {
      this.#underWay--;
    }
  }

  async #tryAll(message: Buffer, question: Buffer, servers: readonly Upstream[], transport: 'udp' | 'tcp') {
    const exchange = transport === 'udp' ? overUdp : overTcp;
    const failures: string[] = [];
    for (const server of servers) {
      const asked = Buffer.from(message);
      asked.writeUInt16BE(randomInt(65_536), 0);
      try {
        const answer = await exchange(asked, server, (heard) => isAnswerTo(asked, question, heard));
        answer.writeUInt16BE(message.readUInt16BE(0), 0);
        return answer;
      } catch (error) {
        failures.push(`${server.address}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    throw new UpstreamFailure(failures.join('; '));
  }
}

const QR = 0x80;

function isAnswerTo(asked: Buffer, question: Buffer, heard: Buffer): boolean {
  if (heard.length < 12 || heard.readUInt16BE(0) !== asked.readUInt16BE(0) || ((heard[2] ?? 0) & QR) === 0)
    return false;
  // A server that can't read the question may leave it out.
  return heard.readUInt16BE(4) === 0 || sameQuestion(heard.subarray(12, 12 + question.length), question);
}

/** In whatever case: some servers change it. */
function sameQuestion(heard: Buffer, asked: Buffer): boolean {
  return heard.toString('latin1').toLowerCase() === asked.toString('latin1').toLowerCase();
}

type Exchange = (asked: Buffer, server: Upstream, isAnswer: (heard: Buffer) => boolean) => Promise<Buffer>;

const overUdp: Exchange = async (asked, { address, port }, isAnswer) => {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS);
      socket.on('message', (heard) => {
        if (isAnswer(heard)) resolve(heard);
      });
      socket.on('error', reject);
      // Connected: nobody else's datagrams come in.
      socket.connect(port, address, () => socket.send(asked));
    });
  } finally {
    clearTimeout(timer);
    socket.close();
  }
};

const overTcp: Exchange = (asked, { address, port }, isAnswer) =>
  new Promise((resolve, reject) => {
    const frames = new Frames();
    const socket = connect({ host: address, port });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer in ${PATIENCE_MS} ms`)));
    socket.on('connect', () => socket.write(framed(asked)));
    socket.on('data', (data) => {
      const answer = frames.add(data).find(isAnswer);
      if (answer === undefined) return;
      socket.destroy();
      resolve(answer);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection')));
  });
