import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { BusUnavailable, type Bus } from '@shiplog/bus';
import { Logs, type LogsRequest, type Pod } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { BUS } from '@shiplog/service';
import { textAnswer, type Answer, type OutStream } from '../../rest/answer';
import { unwrap, throwStatus } from '../../rest/errors';
import { flagParam, param } from '../../rest/options';
import { nameOf, type ResourceRequest } from '../../rest/request';
import { ClusterCache } from '../../cache/cluster-cache';
import { containerOf, logOptions } from '../../rest/log-options';

/** A container that says nothing yet: the answer begins after this long all the same, in milliseconds. */
const PATIENCE_MS = 500;
const TYPE = 'text/plain; charset=utf-8';

/** Answers `…/pods/<name>/log` from the kubelet of the pod's node, over the bus. */
@Injectable()
export class LogHandler {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    private readonly cluster: ClusterCache,
  ) {}

  async open(request: ResourceRequest): Promise<Answer> {
    const { query, target } = request;
    const name = nameOf(request);
    const options = logOptions(query, name);
    const pod = this.cluster.projection.get('pods', target.namespace, name);
    if (pod === undefined) throwStatus(statusOf.notFound('pods', name));
    const node = (pod as Pod).spec?.nodeName ?? '';
    const container = unwrap(containerOf(pod, param(query, 'container'), flagParam(query, 'previous')));
    if (node === '') return textAnswer(200, '');
    const abort = new AbortController();
    const ask: LogsRequest = {
      namespace: target.namespace,
      pod: name,
      uid: pod.metadata.uid,
      container,
      ...options,
    };
    const chunks = this.bus.stream(Logs, ask, { node }, { signal: abort.signal })[Symbol.asyncIterator]();
    const first = chunks.next().catch((error: unknown) => throwUnavailable(error, node));
    // Told to who waits for it below; not to the process, should the client have left by then.
    first.catch(() => undefined);
    // A failure is told as a Status only while no byte of the log has gone out.
    await (ask.follow === true ? Promise.race([first, delay(PATIENCE_MS, undefined, { ref: false })]) : first);
    const write = (out: OutStream): Promise<void> => pump(chunks, first, out, abort);
    return { kind: 'stream', code: 200, type: TYPE, content: 'bytes', write };
  }
}

/**
 * Rejects when the log breaks off, which has the connection cut: a client must not take it for the end. The stream from the
 * kubelet ends with the client, also with one that has left already.
 */
async function pump(
  chunks: AsyncIterator<Uint8Array>,
  first: Promise<IteratorResult<Uint8Array>>,
  out: OutStream,
  abort: AbortController,
): Promise<void> {
  if (out.signal.aborted) abort.abort();
  out.signal.addEventListener('abort', () => abort.abort(), { once: true });
  try {
    let next = await first;
    while (next.done !== true && !out.signal.aborted) {
      if (!out.write(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength))) await out.drained();
      next = await chunks.next();
    }
  } finally {
    abort.abort();
    await chunks.return?.();
  }
}

function throwUnavailable(error: unknown, node: string): never {
  if (error instanceof BusUnavailable) {
    throwStatus(statusOf.unavailable(`the kubelet of node ${node}, which has the log, does not answer`));
  }
  throw error;
}
