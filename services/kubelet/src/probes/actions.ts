import { connect } from 'node:net';
import type { Container, GRPCAction, HTTPGetAction, Probe, TCPSocketAction } from '@shiplog/contracts';
import { renderExpansion } from '../container/render/expansion';
import { messageOf } from '../container/start-failure';
import { RuntimeError, type PodRuntime } from '../runtime/runtime';
import { checkGrpcHealth } from './grpc-health';
import { bracketed, httpGet, type HttpAnswer, type HttpAsking } from './http-get';
import { renderDialError } from './rules/network-error';

/** What came of an action: `output` is what is said of it. */
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

/** Kubernetes asks again at once when it could not ask (`maxProbeRetries` of pkg/kubelet/prober). */
const MOST_TRIES = 3;

/**
 * Asks a container once how it is (pkg/kubelet/prober). Never throws, whatever the pod's author wrote: what can't be asked
 * is unknown, what has no answer in time is a failure.
 */
export async function runProbe(probe: Probe, target: ActionTarget, timeoutMs: number): Promise<ProbeResult> {
  for (let tries = 1; ; tries++) {
    const result = await tryProbe(probe, target, timeoutMs);
    if (result.isUnknown === undefined || tries === MOST_TRIES) return result;
  }
}

async function tryProbe(probe: Probe, target: ActionTarget, timeoutMs: number): Promise<ProbeResult> {
  try {
    if (probe.exec !== undefined) return await runCommand(probe, target, timeoutMs);
    if (probe.httpGet !== undefined) return await probeHttp(probe.httpGet, target, timeoutMs);
    if (probe.tcpSocket !== undefined) return await tcpConnect(probe.tcpSocket, target, timeoutMs);
    if (probe.grpc !== undefined) return await askHealth(probe.grpc, target, timeoutMs);
    return { ok: true, output: '' };
  } catch (error) {
    // What the engine does not do says nothing of the container.
    if (error instanceof NoSuchPort || error instanceof RuntimeError)
      return { ok: false, isUnknown: true, output: error.message };
    return { ok: false, output: messageOf(error) };
  }
}

/**
 * The command of a probe, with `$(NAME)` replaced by the values that the manifest itself gives; one that comes from
 * elsewhere counts as empty. Of a hook's command nothing is replaced.
 */
function commandOf({ exec }: Probe, { env = [] }: Container): string[] {
  const values = new Map(env.map(({ name, value = '' }) => [name, value]));
  return (exec?.command ?? []).map((word) => renderExpansion(word, values));
}

/** Runs a command in a container; without an exit code, it did not end in time. Throws RuntimeError. */
export async function execute(
  command: readonly string[],
  { runtime, containerId }: ActionTarget,
  timeoutMs: number,
): Promise<ActionResult & { readonly exitCode?: number }> {
  const { exitCode, output, timedOut } = await runtime.exec(containerId, command, timeoutMs);
  if (timedOut)
    return { ok: false, output: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1_000}s` };
  return { ok: exitCode === 0, output, exitCode };
}

async function runCommand(probe: Probe, target: ActionTarget, timeoutMs: number): Promise<ActionResult> {
  const { ok, output } = await execute(commandOf(probe, target.container), target, timeoutMs);
  return { ok, output };
}

/** A port that the container does not have. */
class NoSuchPort extends Error {}

/** A port by the name that the container gives it, or by number. Throws NoSuchPort. */
export function portOf(port: number | string, { ports = [] }: Container): number {
  const named = typeof port === 'string' ? ports.find(({ name }) => name === port)?.containerPort : undefined;
  const number = named ?? (/^[+-]?\d+$/.test(String(port)) ? Number(port) : undefined);
  if (number === undefined) throw new NoSuchPort(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  if (number < 1 || number > 65_535) throw new NoSuchPort(`invalid port number: ${number}`);
  return number;
}

async function probeHttp(action: HTTPGetAction, target: ActionTarget, timeoutMs: number): Promise<ProbeResult> {
  const { status, body, cutOff } = await get(action, target, { agent: 'kube-probe', timeoutMs });
  if (cutOff !== undefined) return { ok: false, isUnknown: true, output: cutOff };
  if (status < 200 || status >= 400) return { ok: false, output: `HTTP probe failed with statuscode: ${status}` };
  if (status < 300) return { ok: true, output: body };
  return { ok: true, isWarning: true, output: `Probe terminated redirects, Response body: ${body}` };
}

/** An action's request, to the container's port that it means. Throws an Error that says why no answer came. */
export function get(
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
    const address = `${bracketed(host)}:${port}`;
    const socket = connect({ host, port });
    deadline(socket, timeoutMs, () => resolve({ ok: false, output: `dial tcp ${address}: i/o timeout` }));
    socket.on('connect', () => {
      resolve({ ok: true, output: '' });
      socket.destroy();
    });
    socket.on('error', (error) => resolve({ ok: false, output: renderDialError(error, address) ?? error.message }));
  });
}

/** Ends something that takes too long, whatever it waits for. */
function deadline(
  connection: { destroy(): unknown; once(event: 'close', listener: () => void): unknown },
  timeoutMs: number,
  late: () => void,
): void {
  const timer = setTimeout(() => {
    late();
    connection.destroy();
  }, timeoutMs);
  connection.once('close', () => clearTimeout(timer));
}
