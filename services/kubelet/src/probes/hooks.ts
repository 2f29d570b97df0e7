import type { HTTPGetAction, LifecycleHandler } from '@shiplog/contracts';
import { messageOf } from '../container/start-failure';
import type { Pod } from '../domain/pod';
import { execute, get, type ActionTarget } from './actions';

export interface HookTarget extends ActionTarget {
  readonly pod: Pod;
}

/** What came of a hook. */
export interface HookResult {
  readonly ok: boolean;
  /** Why it failed, as Kubernetes says it in the container's status. */
  readonly message: string;
  /** A server that was to be asked by HTTPS and knows only HTTP: it was asked by that. */
  readonly fallback?: string;
}

const DONE: HookResult = { ok: true, message: '' };

/** Does what a container's author wants done after its start or before its end (pkg/kubelet/lifecycle). Never throws. */
export async function runHook(hook: LifecycleHandler, target: HookTarget, timeoutMs: number): Promise<HookResult> {
  const { exec, httpGet, sleep } = hook;
  // Nothing is there that could be run or called, and so nothing that fails.
  if (!target.runtime.capabilities.processes && sleep === undefined) return DONE;
  if (exec !== undefined) return runCommand(exec.command ?? [], target, timeoutMs);
  if (httpGet !== undefined) return callHttp(httpGet, target, timeoutMs);
  if (sleep !== undefined) return pauseFor(Math.min(sleep.seconds * 1_000, timeoutMs));
  // tcpSocket is in the schema for old manifests only; Kubernetes lets it fail when its time has come.
  const kind = Object.keys(hook)[0] ?? 'none';
  return { ok: false, message: `Cannot run handler: invalid handler: ${kind}` };
}

async function runCommand(command: readonly string[], target: HookTarget, timeoutMs: number): Promise<HookResult> {
  const failed = (error: string, output: string): HookResult => {
    const description = `Exec lifecycle hook ([${command.join(' ')}]) ${whereOf(target)} failed`;
    return { ok: false, message: `${description} - error: ${error}, message: ${JSON.stringify(output)}` };
  };
  try {
    const { ok, output, exitCode } = await execute(command, target, timeoutMs);
    if (ok) return DONE;
    if (exitCode === undefined) return failed(output, '');
    return failed(`command '${command.join(' ')}' exited with ${exitCode}: ${output}`, output);
  } catch (error) {
    return failed(messageOf(error), '');
  }
}

/** Any answer will do: whoever was called was called. */
async function callHttp(action: HTTPGetAction, target: HookTarget, timeoutMs: number): Promise<HookResult> {
  const call = (how: HTTPGetAction): Promise<unknown> => get(how, target, { agent: 'kube-lifecycle', timeoutMs });
  try {
    await call(action);
    return DONE;
  } catch (error) {
    const fallback = await callPlain(action, error, call);
    if (fallback !== undefined) return { ...DONE, fallback };
    const description = `HTTP lifecycle hook (${action.path ?? ''}) ${whereOf(target)} failed`;
    return { ok: false, message: `${description} - error: ${messageOf(error)}` };
  }
}

/** Hooks by HTTPS were sent by HTTP before Kubernetes 1.27: servers that expect that are still called. */
async function callPlain(
  action: HTTPGetAction,
  failure: unknown,
  call: (how: HTTPGetAction) => Promise<unknown>,
): Promise<string | undefined> {
  const message = messageOf(failure);
  if (!message.includes('http: server gave HTTP response to HTTPS client')) return undefined;
  const httpHeaders = action.httpHeaders?.filter(({ name }) => name.toLowerCase() !== 'authorization');
  try {
    await call({ ...action, scheme: 'HTTP', httpHeaders });
    return /^Get "https:\/\/([^/"]+)/.exec(message)?.[1] ?? '';
  } catch {
    return undefined;
  }
}

/** The event of a hook that fell back to HTTP. */
export function renderFallback(host: string): string {
  return `request to HTTPS lifecycle hook ${host} got HTTP response, retry with HTTP succeeded`;
}

function whereOf({ container, pod }: HookTarget): string {
  const { name, namespace, uid } = pod.metadata;
  return `for Container ${JSON.stringify(container.name)} in Pod "${name}_${namespace}(${uid})"`;
}

function pauseFor(ms: number): Promise<HookResult> {
  return new Promise((resolve) => setTimeout(() => resolve(DONE), ms));
}
