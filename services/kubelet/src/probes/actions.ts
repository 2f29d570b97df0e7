import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, HTTPGetAction, LifecycleHandler, Probe, TCPSocketAction } from '@shiplog/contracts';
import type { PodRuntime } from '../runtime/runtime';

/** What came of a probe or hook: `output` is what is said of it. */
export interface ActionResult {
  readonly ok: boolean;
  readonly output: string;
}

export interface ActionTarget {
  readonly runtime: PodRuntime;
  readonly container: Container;
  readonly containerId: string;
  readonly podIP: string;
}

/** Kubernetes calls these once, with a deadline; what they do is the same for probes and lifecycle hooks. */
export async function act(
  what: Probe | LifecycleHandler,
  target: ActionTarget,
  timeoutMs: number,
): Promise<ActionResult> {
  if (what.exec !== undefined) return execute(what.exec.command ?? [], target, timeoutMs);
  if (what.httpGet !== undefined) return httpGet(what.httpGet, target, timeoutMs);
  if (what.tcpSocket !== undefined) return tcpConnect(what.tcpSocket, target, timeoutMs);
  if ('sleep' in what && what.sleep !== undefined) return sleep(Math.min(what.sleep.seconds * 1_000, timeoutMs));
  if ('grpc' in what && what.grpc !== undefined)
    return { ok: false, output: 'gRPC probes are not supported by this kubelet' };
  return { ok: true, output: '' };
}

async function execute(
  command: readonly string[],
  { runtime, containerId }: ActionTarget,
  timeoutMs: number,
): Promise<ActionResult> {
  try {
    const { exitCode, output, timedOut } = await runtime.exec(containerId, command, timeoutMs);
    if (timedOut)
      return { ok: false, output: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1_000}s` };
    return { ok: exitCode === 0, output };
  } catch (error) {
    return { ok: false, output: error instanceof Error ? error.message : String(error) };
  }
}

/** A port by number or by the name that the container gives it. */
export function portOf(port: number | string, container: Container): number | undefined {
  const number = Number(port);
  if (Number.isInteger(number)) return number;
  return container.ports?.find((one) => one.name === port)?.containerPort;
}

const BODY_LIMIT = 10 * 1024;

function httpGet(action: HTTPGetAction, { container, podIP }: ActionTarget, timeoutMs: number): Promise<ActionResult> {
  const port = portOf(action.port, container);
  if (port === undefined) return Promise.resolve({ ok: false, output: `couldn't find port: "${action.port}"` });
  const named = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const headers = { 'User-Agent': 'kube-probe/1.32', Accept: '*/*', ...named };
  const options = {
    host: action.host === undefined || action.host === '' ? podIP : action.host,
    port,
    path: action.path === undefined || action.path === '' ? '/' : action.path,
    headers,
    agent: false as const,
  };
  return new Promise((resolve) => {
    const send = action.scheme === 'HTTPS' ? httpsRequest : httpRequest;
    const request = send({ ...options, rejectUnauthorized: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const code = response.statusCode ?? 0;
        const body = Buffer.concat(parts).subarray(0, BODY_LIMIT).toString();
        const ok = code >= 200 && code < 400;
        resolve({ ok, output: ok ? body : `HTTP probe failed with statuscode: ${code}` });
      });
      response.on('error', (error) => resolve({ ok: false, output: error.message }));
    });
    deadline(request, timeoutMs, () =>
      resolve({ ok: false, output: `Get "http://${options.host}:${port}${options.path}": context deadline exceeded` }),
    );
    request.on('error', (error) =>
      resolve({ ok: false, output: `Get "http://${options.host}:${port}${options.path}": ${error.message}` }),
    );
    request.end();
  });
}

function tcpConnect(
  action: TCPSocketAction,
  { container, podIP }: ActionTarget,
  timeoutMs: number,
): Promise<ActionResult> {
  const port = portOf(action.port, container);
  if (port === undefined) return Promise.resolve({ ok: false, output: `couldn't find port: "${action.port}"` });
  const host = action.host === undefined || action.host === '' ? podIP : action.host;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    deadline(socket, timeoutMs, () => resolve({ ok: false, output: `dial tcp ${host}:${port}: i/o timeout` }));
    socket.on('connect', () => {
      resolve({ ok: true, output: '' });
      socket.destroy();
    });
    socket.on('error', (error) => resolve({ ok: false, output: `dial tcp ${host}:${port}: ${error.message}` }));
  });
}

/** Ends something that takes too long, whatever it waits for. */
function deadline(
  what: { destroy(): unknown; once(event: 'close', listener: () => void): unknown },
  timeoutMs: number,
  late: () => void,
): void {
  const timer = setTimeout(() => {
    late();
    what.destroy();
  }, timeoutMs);
  what.once('close', () => clearTimeout(timer));
}

function sleep(ms: number): Promise<ActionResult> {
  return new Promise((resolve) => setTimeout(() => resolve({ ok: true, output: '' }), ms));
}
