import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { NodeRequest, StreamContext } from '@shiplog/bus';
import { StatusError, Logs, type LogsRequest } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { PodManager } from '../pod/pod-manager';
import { renderStatus } from '../pod/render/pod-status';
import { RuntimeError, type PodRuntime } from '../runtime/runtime';
import { POD_RUNTIME } from '../tokens';
import { decideLogSource } from './domain/log-source';
import { gather } from './gather';

/** Answers for the logs of this node's containers. */
@Controller()
export class LogController {
  constructor(
    @Inject(POD_RUNTIME) private readonly runtime: PodRuntime,
    private readonly pods: PodManager,
  ) {}

  /** Throws StatusError: 404 for a pod that isn't here or a log that is gone, 400 for a container without a log. */
  @NodeRequest(Logs)
  async logs(@Payload() request: LogsRequest, @Ctx() { sink }: StreamContext): Promise<void> {
    const { follow = false, timestamps = false, tailLines, container } = request;
    const since = sinceOf(request, Date.now());
    const log = this.runtime.logs(this.#containerOf(request), {
      follow,
      timestamps,
      signal: sink.signal,
      ...(tailLines === undefined ? {} : { tailLines }),
      ...(since === undefined ? {} : { since }),
    });
    let left = request.limitBytes ?? Infinity;
    try {
      for await (const chunk of gather(log)) {
        await sink.write(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) return;
      }
    } catch (error) {
      if (!(error instanceof RuntimeError && error.problem === 'not-found')) throw error;
      throw notFound(`the log of container "${container}" is not there any more`);
    }
  }

  #containerOf({ pod, uid, container, previous = false }: LogsRequest): string {
    const view = this.pods.worker(uid)?.view();
    if (view === undefined) throw new StatusError(statusOf.notFound('pods', pod));
    const source = decideLogSource(pod, renderStatus(view), container, previous);
    if (!source.ok) throw new StatusError(statusOf.badRequest(source.message));
    return source.containerId;
  }
}

function notFound(message: string): StatusError {
  return new StatusError({ ...statusOf.badRequest(message), reason: 'NotFound', code: 404 });
}

/** Seconds since 1970. */
function sinceOf({ sinceSeconds, sinceTime }: LogsRequest, now: number): number | undefined {
  if (sinceTime !== undefined) return Date.parse(sinceTime) / 1_000;
  return sinceSeconds === undefined ? undefined : now / 1_000 - sinceSeconds;
}
