import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { writeThrough } from '@shiplog/bus';
import { SpdyConnection, type SpdyStream } from '@shiplog/spdy';
import { RuntimeError, type ContainerSession, type SessionStreams } from '../../runtime';
import { mergeOutputs, type OutputPart } from './merge-outputs';

const PROTOCOL = 'v4.channel.k8s.io';
const CONNECT_LIMIT_MS = 10_000;

export interface AttachmentOptions {
  /** Whether the container's input ends with that of the session. */
  readonly endsInput: boolean;
  /** Resizes the container's terminal, for sure once it resolves: what is sent on the stream for that is heard some time. */
  resize(columns: number, rows: number): Promise<void>;
}

/**
 * A container's own input and outputs, at the address that the runtime gave out for it, by SPDY as Kubernetes' clients speak it:
 * of what the runtime offers there, only that can end the input alone.
 */
export class Attachment implements ContainerSession {
  private constructor(
    private readonly connection: SpdyConnection,
    private readonly streams: Readonly<Partial<Record<'stdin' | 'stdout' | 'stderr', SpdyStream>>>,
    private readonly options: AttachmentOptions,
  ) {}

  static async open(url: string, streams: SessionStreams, options: AttachmentOptions): Promise<Attachment> {
    const connection = new SpdyConnection(await connect(url), { server: false });
    const open = (type: string): SpdyStream => connection.open({ streamtype: type });
    // Those of which nothing is used the server waits for all the same.
    for (const unused of streams.tty ? ['error', 'resize'] : ['error']) open(unused).resume();
    const opened = {
      ...(streams.stdin ? { stdin: open('stdin') } : {}),
      ...(streams.stdout ? { stdout: open('stdout') } : {}),
      ...(streams.stderr && !streams.tty ? { stderr: open('stderr') } : {}),
    };
    return new Attachment(connection, opened, options);
  }

  get output(): AsyncIterable<OutputPart> {
    const { stdout, stderr } = this.streams;
    return mergeOutputs({ ...(stdout && { stdout }), ...(stderr && { stderr }) });
  }

  async write(data: Uint8Array): Promise<void> {
    const { stdin } = this.streams;
    if (stdin !== undefined) await writeThrough(stdin, data);
  }

  endInput(): void {
    // What may be attached to again keeps its input open; and the runtime, told of an end, would end the outputs.
    if (this.options.endsInput && this.streams.stdin?.writable === true) this.streams.stdin.end();
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.options.resize(columns, rows);
  }

  close(): Promise<void> {
    this.connection.destroy();
    return Promise.resolve();
  }
}

/** A connection that has become SPDY. */
function connect(url: string): Promise<Duplex> {
  const headers = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': PROTOCOL };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers, agent: false, timeout: CONNECT_LIMIT_MS });
    const fail = (reason: string): void => reject(new RuntimeError('refused', `could not attach: ${reason}`));
    asked.once('upgrade', (_response, socket, head) => {
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asked.once('response', (response) => {
      response.resume();
      fail(`${response.statusCode} ${response.statusMessage ?? ''}`);
    });
    asked.once('timeout', () => asked.destroy(new Error('the container runtime does not answer')));
    asked.once('error', (error) => fail(error.message));
    asked.end();
  });
}
