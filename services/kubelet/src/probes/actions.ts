import { connect } from 'node:net';
import type {
  Container,
  GRPCAction,
  HTTPGetAction,
  LifecycleHandler,
  Probe,
  TCPSocketAction,
} from '@shiplog/contracts';
import { renderExpansion } from '../container/render/expansion';
import type { PodRuntime } from '../runtime/runtime';
import { checkGrpcHealth } from './grpc-health';
import { httpGet, type HttpAnswer, type HttpAsking } from './http-get';

/** What came of a hook: `output` is what is said of it. */
export interface ActionResult {
  readonly ok: boolean;
  readonly output: string;
}

/** What came of a probe. */
export interface ProbeResult extends ActionResult {
  /** Taken for well, though it may not be: the server led to another host. */
  readonly isWarning?: true;
  /** Nothing could be asked: that says nothing of the container. */
  readonly isUnknown?: true;
}

export interface ActionTarget {
  readonly runtime: PodRuntime;
  readonly container: Container;
  readonly containerId: string;
  readonly podIP: string;
}

/**
 * Asks a container once how it is (pkg/kubelet/prober). Never throws, whatever the pod's author wrote: what can't be asked
 * is unknown, what has no answer in time is a failure.
 */
export async function runProbe(probe: Probe, target: ActionTarget, timeoutMs: number): Promise<ProbeResult> {
  try {
    if (probe.exec !== undefined) return await execute(commandOf(probe, target.container), target, timeoutMs);
    if (probe.httpGet !== undefined) return await probeHttp(probe.httpGet, target, timeoutMs);
    if (probe.tcpSocket !== undefined) return await tcpConnect(probe.tcpSocket, target, timeoutMs);
    if (probe.grpc !== undefined) return await askHealth(probe.grpc, target, timeoutMs);
    return { ok: true, output: '' };
  } catch (error) {
    if (error instanceof NoSuchPort) return { ok: false, isUnknown: true, output: error.message };
    return failed(error);
  }
}

/** Does what a container's author wants done after its start or before its end (pkg/kubelet/lifecycle). Never throws. */
export async function runHook(hook: LifecycleHandler, target: ActionTarget, timeoutMs: number): Promise<ActionResult> {
  try {
    if (hook.exec !== undefined) return await execute(hook.exec.command ?? [], target, timeoutMs);
    if (hook.httpGet !== undefined) return await callHttp(hook.httpGet, target, timeoutMs);
    if (hook.tcpSocket !== undefined) return await tcpConnect(hook.tcpSocket, target, timeoutMs);
    if (hook.sleep !== undefined) return await sleep(Math.min(hook.sleep.seconds * 1_000, timeoutMs));
    return { ok: true, output: '' };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): ActionResult {
  return { ok: false, output: error instanceof Error ? error.message : String(error) };
}

/**
 * The command of a probe, with `$(NAME)` replaced by the values that the manifest itself gives; one that comes from
 * elsewhere counts as empty. Of a hook's command nothing is replaced.
 */
function commandOf({ exec }: Probe, { env = [] }: Container): string[] {
  const values = new Map(env.map(({ name, value = '' }) => [name, value]));
  return (exec?.command ?? []).map((word) => renderExpansion(word, values));
}

async function execute(
  command: readonly string[],
  { runtime, containerId }: ActionTarget,
  timeoutMs: number,
): Promise<ActionResult> {
  const { exitCode, output, timedOut } = await runtime.exec(containerId, command, timeoutMs);
  if (timedOut)
    return { ok: false, output: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1_000}s` };
  return { ok: exitCode === 0, output };
}

/** A port that the container does not have. */
class NoSuchPort extends Error {}

/** A port by the name that the container gives it, or by number. Throws NoSuchPort. */
export function portOf(port: number | string, { ports = [] }: Container): number {
  const named = typeof port === 'string' ? ports.find(({ name }) => name === port)?.containerPort : undefined;
  const number = named ?? (/^[+-]?\d+$/.test(String(port)) ? Number(port) : undefined);
  if (number === undefined) throw new NoSuchPort(`couldn't find port: "${port}"`);
  if (number < 1 || number > 65_535) throw new NoSuchPort(`invalid port number: ${number}`);
  return number;
}

async function probeHttp(action: HTTPGetAction, target: ActionTarget, timeoutMs: number): Promise<ProbeResult> {
  const { status, body } = await get(action, target, { agent: 'kube-probe', timeoutMs });
  if (status < 200 || status >= 400) return { ok: false, output: `HTTP probe failed with statuscode: ${status}` };
  if (status < 300) return { ok: true, output: body };
  return { ok: true, isWarning: true, output: `Probe terminated redirects, Response body: ${body}` };
}

/** Any answer will do: whoever was called was called. */
async function callHttp(action: HTTPGetAction, target: ActionTarget, timeoutMs: number): Promise<ActionResult> {
  const { body } = await get(action, target, { agent: 'kube-lifecycle', timeoutMs });
  return { ok: true, output: body };
}

function get(
  action: HTTPGetAction,
  { container, podIP }: ActionTarget,
  how: Pick<HttpAsking, 'agent' | 'timeoutMs'>,
): Promise<HttpAnswer> {
  return httpGet(action, { podIP, port: portOf(action.port, container), ...how });
}

function askHealth(
  { port, service = '' }: GRPCAction,
  { podIP, container }: ActionTarget,
  timeoutMs: number,
): Promise<ActionResult> {
  return checkGrpcHealth({ host: podIP, port: portOf(port, container), service, timeoutMs });
}

function tcpConnect(
  action: TCPSocketAction,
  { container, podIP }: ActionTarget,
  timeoutMs: number,
): Promise<ActionResult> {
  const port = portOf(action.port, container);
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
