import { StatusError, type StreamSink } from '@shiplog/bus';
import type { KubeStatus, LogsRequest, PodStatus } from '@shiplog/contracts';
import { RuntimeError, type PodRuntime } from '../runtime/runtime';
import { decideLogSource } from './decide-log-source';

export interface LogServerOptions {
  readonly runtime: PodRuntime;
  /** The pod's status as its worker sees it; undefined when the pod isn't here. */
  status(podUid: string): PodStatus | undefined;
  now(): number;
}

/** Answers one request for a container's log. */
export async function serveLogs(options: LogServerOptions, request: LogsRequest, stream: StreamSink): Promise<void> {
  const { pod, uid, container, previous = false } = request;
  const status = options.status(uid);
  if (status === undefined) throw failure(404, 'NotFound', `pods "${pod}" not found`);
  const source = decideLogSource(pod, status, container, previous);
  if (!source.ok) throw failure(400, 'BadRequest', source.message);
  const { follow = false, timestamps = false, tailLines } = request;
  const since = sinceOf(request, options.now());
  const log = options.runtime.logs(source.containerId, {
    follow,
    timestamps,
    signal: stream.signal,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(since === undefined ? {} : { since }),
  });
  let left = request.limitBytes ?? Infinity;
  try {
    for await (const chunk of log) {
      await stream.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) return;
    }
  } catch (error) {
    if (error instanceof RuntimeError && error.problem === 'not-found') {
      throw failure(404, 'NotFound', `the log of container "${container}" is not there any more`);
    }
    throw error;
  }
}

/** Seconds since 1970. */
function sinceOf({ sinceSeconds, sinceTime }: LogsRequest, now: number): number | undefined {
  if (sinceTime !== undefined) return Date.parse(sinceTime) / 1_000;
  return sinceSeconds === undefined ? undefined : now / 1_000 - sinceSeconds;
}

function failure(code: number, reason: string, message: string): StatusError {
  const status: KubeStatus = {
    apiVersion: 'v1',
    kind: 'Status',
    metadata: {},
    status: 'Failure',
    reason,
    message,
    code,
  };
  return new StatusError(status);
}
