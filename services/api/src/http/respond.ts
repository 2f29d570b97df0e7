import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Answer, BodyAnswer, OutStream, StreamAnswer } from '../rest/answer';
import { headerValue } from '../rest/warning-header';
import { FLOW_SCHEMA_HEADER, PRIORITY_LEVEL_HEADER, type Flow } from './flow-control/flow-control';
import { isHttp2, leavesUnread } from './request-body';

/** One request and the way back, over either version of HTTP. */
export interface Exchange {
  readonly request: IncomingMessage | Http2ServerRequest;
  readonly response: ServerResponse | Http2ServerResponse;
  /** By what the request was judged, which its answer says; absent for one that was answered before. */
  readonly flow?: Flow | undefined;
}

/** What a stream may leave unsent before its writer is told to wait, in bytes. */
const BACKLOG = 1024 * 1024;

/** How long a client that is still sending may take to read its answer, in milliseconds; as long as Go's server waits. */
const LINGER_MS = 500;

/** How long a client may take for the rest of a stream that has ended, in milliseconds. */
const TAKEN_MS = 30_000;

const NO_ERROR = 0;

/** What HTTP sends no body with, nor its length and type. */
const BODILESS = new Set([204, 304]);

/** Sends an answer in one piece. It ends the connection where a body is left unread, and where nobody knows who asked. */
export function sendBody(
  { request, response, flow }: Exchange,
  answer: BodyAnswer,
  stopping: boolean,
  broke: (error: unknown) => void,
): void {
  const unread = leavesUnread(request);
  const strange = answer.isLast === true;
  const http2 = isHttp2(request);
  const bodiless = BODILESS.has(answer.code);
  try {
    const headers = headersOf(answer, flow);
    if (!bodiless) {
      headers['content-type'] ??= answer.type;
      headers['content-length'] ??= Buffer.byteLength(answer.body);
    }
    if (!http2 && (stopping || unread || strange)) headers['connection'] = 'close';
    writeHead(response, answer.code, headers);
    const body = request.method === 'HEAD' || bodiless ? '' : answer.body;
    if (http2) endHttp2(request, response as Http2ServerResponse, body, { unread, strange });
    else if (unread) linger(request, response, body);
    else response.end(body);
  } catch (error) {
    // Nobody else answers any more: a broken connection tells the client more than silence.
    broke(error);
    destroy(response);
  }
}

/** The one stream ends, and the whole connection of who did not say who they are. */
function endHttp2(
  { stream }: Http2ServerRequest,
  response: Http2ServerResponse,
  body: Buffer | string,
  { unread, strange }: { readonly unread: boolean; readonly strange: boolean },
): void {
  const { session } = stream;
  // The response's own event comes only once the client has sent everything.
  if (unread) stream.once('finish', () => stream.close(NO_ERROR));
  if (strange) stream.once('finish', () => session?.close());
  response.end(body);
}

/**
 * Answers a client that is still sending. Closed at once, its connection would be reset and the answer lost; so what comes
 * is thrown away for a moment, while the client reads.
 */
function linger(request: Exchange['request'], response: Exchange['response'], body: Buffer | string): void {
  write(response, body);
  const end = (): void => void response.end();
  const timer = setTimeout(end, LINGER_MS);
  response.once('close', () => clearTimeout(timer));
  request.once('end', end).resume();
}

/** What belongs to a connection of HTTP/1.1 is no part of an answer, though another server may have sent it. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

type Headers = Record<string, string | number | readonly string[]>;

/** What every answer says, and what this one does. Filled name by name: to join objects costs more than all else of an answer. */
function headersOf({ headers: own }: Answer, flow: Flow | undefined): Headers {
  const headers: Headers = { 'cache-control': 'no-cache, private' };
  for (const name in own) {
    const value = own[name] ?? '';
    if (!OF_CONNECTION.has(name))
      headers[name] = typeof value === 'string' ? headerValue(value) : value.map(headerValue);
  }
  if (flow !== undefined) {
    headers[FLOW_SCHEMA_HEADER] = flow.schemaUid;
    headers[PRIORITY_LEVEL_HEADER] = flow.levelUid;
  }
  return headers;
}

/** Who hears of a stream's course. */
export interface StreamWatch {
  /** It was cut off by a defect, or by what it was read from. */
  readonly broke: (error: unknown) => void;
  /** Each piece that went out. */
  readonly sent: (chunk: Buffer) => void;
}

/** Sends an answer that goes on for as long as its writer has something. */
export async function sendStream(
  { request, response, flow }: Exchange,
  answer: StreamAnswer,
  stopping: AbortSignal,
  { broke, sent }: StreamWatch,
): Promise<void> {
  const headers = headersOf(answer, flow);
  headers['content-type'] ??= answer.type;
  writeHead(response, answer.code, headers);
  // HTTP/2 sends them at once.
  if ('flushHeaders' in response) response.flushHeaders();
  const left = new AbortController();
  const leave = (): void => left.abort();
  response.once('close', leave);
  response.once('error', leave);
  stopping.addEventListener('abort', leave, { once: true });
  try {
    // Also for a client that has left already, or wants no body: whoever writes may hold something that ends with it.
    if (isGone(response) || stopping.aborted || request.method === 'HEAD') leave();
    const send = (chunk: Buffer): void => {
      write(response, chunk);
      sent(chunk);
    };
    await answer.write(outStream(response as ServerResponse, left.signal, send));
    endSoon(response);
  } catch (error) {
    broke(error);
    destroy(response);
  } finally {
    stopping.removeEventListener('abort', leave);
  }
}

/** Ends an answer once its client has taken it all; one that takes nothing more is not waited for for ever. */
function endSoon(response: Exchange['response']): void {
  if (isGone(response)) return;
  const timer = setTimeout(() => destroy(response), TAKEN_MS).unref();
  response.once('close', () => clearTimeout(timer));
  response.end();
}

/** What carries a stream to its client: a response, or the connection of a WebSocket. */
interface Carrier {
  /** Bytes that are not sent yet. */
  readonly writableLength: number;
  once(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
}

/** A stream's way to its client: `send` writes to what carries it. */
export function outStream(carrier: Carrier, signal: AbortSignal, send: (chunk: Buffer) => void): OutStream {
  return {
    signal,
    write: (chunk) => {
      if (signal.aborted) return true;
      send(chunk);
      return carrier.writableLength < BACKLOG;
    },
    drained: () =>
      new Promise((resolve) => {
        if (signal.aborted || carrier.writableLength < BACKLOG) return resolve();
        const done = (): void => {
          carrier.off('drain', done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        carrier.once('drain', done);
        signal.addEventListener('abort', done, { once: true });
      }),
  };
}

/** The two kinds of response have the same methods under types that TypeScript can't join. */
function writeHead(response: Exchange['response'], code: number, headers: Headers): void {
  (response as ServerResponse).writeHead(code, headers as OutgoingHttpHeaders);
}

function write(response: Exchange['response'], chunk: Buffer | string): void {
  (response as ServerResponse).write(chunk);
}

function isGone(response: Exchange['response']): boolean {
  return 'stream' in response ? response.stream.destroyed : response.destroyed;
}

/** A connection of HTTP/1.1, or one stream of HTTP/2. */
function destroy(response: Exchange['response']): void {
  if ('stream' in response) response.stream.destroy();
  else response.destroy();
}
