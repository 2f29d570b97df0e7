import { Client, credentials, Metadata, type CallOptions, type ChannelOptions } from '@grpc/grpc-js';
import { grpcError } from './errors';
import type { Fields, Message, Read, Sent } from './message';

/** A procedure of a service: its path, and the messages that go there and come back. */
export interface Method<Q, A> {
  readonly path: string;
  readonly write: (request: Q) => Buffer;
  readonly read: (bytes: Buffer) => A;
}

export function method<Q extends Fields, A extends Fields>(
  path: string,
  request: Message<Q>,
  answer: Message<A>,
): Method<Sent<Q>, Read<A>> {
  return { path, write: (value) => request.write(value), read: (from) => answer.read(from) };
}

export interface CallLimits {
  /** Default: Kubernetes' runtimeRequestTimeout, two minutes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 120_000;

const CHANNEL: ChannelOptions = {
  // As the kubelet of Kubernetes has it: lists of many containers are large.
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
  // Whoever asks tries again by himself: an engine that is back is to be found at once.
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
};

/** Calls of a gRPC server at a socket of this machine. All failures are RuntimeErrors. */
export class GrpcClient {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  /** @param endpoint `unix:///path` */
  constructor(endpoint: string, metadata: Readonly<Record<string, string>> = {}) {
    this.#client = new Client(endpoint, credentials.createInsecure(), CHANNEL);
    for (const [name, value] of Object.entries(metadata)) this.#metadata.set(name, value);
  }

  call<Q, A>({ path, write, read }: Method<Q, A>, request: Q, limits: CallLimits = {}): Promise<A> {
    const { timeoutMs = TIMEOUT_MS, signal } = limits;
    return new Promise((resolve, reject) => {
      const options: CallOptions = timeoutMs === Infinity ? {} : { deadline: Date.now() + timeoutMs };
      const call = this.#client.makeUnaryRequest(
        path,
        write,
        read,
        request,
        this.#metadata,
        options,
        (error, answer) => {
          signal?.removeEventListener('abort', cancel);
          if (error !== null) reject(grpcError(error));
          else if (answer === undefined) reject(new Error(`${path} was answered with nothing`));
          else resolve(answer);
        },
      );
      const cancel = (): void => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted === true) cancel();
    });
  }

  /** What a server sends until it ends, or the signal. Throws what it ends with, unless by the signal. */
  async *stream<Q, A>({ path, write, read }: Method<Q, A>, request: Q, signal: AbortSignal): AsyncGenerator<A> {
    const call = this.#client.makeServerStreamRequest(path, write, read, request, this.#metadata, {});
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    // Told to who reads.
    call.on('error', () => undefined);
    if (signal.aborted) cancel();
    try {
      yield* call as AsyncIterable<A>;
    } catch (error) {
      if (!signal.aborted) throw grpcError(error);
    } finally {
      signal.removeEventListener('abort', cancel);
      cancel();
    }
  }
}
