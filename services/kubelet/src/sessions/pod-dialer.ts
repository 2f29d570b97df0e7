import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { Dial, PayloadOf } from '@shiplog/contracts';
import { messageOf } from '../container/start-failure';
import type { PodView } from '../pod/domain/view';
import type { PodRuntime } from '../runtime/runtime';
import { POD_RUNTIME } from '../tokens';
import { renderDialError, type NetworkError } from '../probes/rules/network-error';
import { NamespaceDialers } from './namespace-dialers';
import { refusal } from './running-container';

/** How long a port may take to answer, in milliseconds. */
const DIAL_MS = 10_000;

/**
 * Connects to ports of pods, at their addresses or on loopback, as one of their own processes would: whatever the network
 * between the node and its pods is at.
 */
@Injectable()
export class PodDialer {
  constructor(
    private readonly namespaces: NamespaceDialers,
    @Inject(POD_RUNTIME) private readonly runtime: Pick<PodRuntime, 'capabilities'>,
  ) {}

  /** Throws StatusError: 500 for a port where nobody listens, or a pod without a network. */
  async dial(view: PodView, { port, at }: Pick<PayloadOf<typeof Dial>, 'port' | 'at'>): Promise<Socket> {
    const { attachedPid, podIPs } = view;
    const [podIP = ''] = podIPs;
    if (!this.runtime.capabilities.processes)
      throw refusal(500, 'nobody listens there: the containers of a hollow node are no processes');
    if (at === 'address' && podIP === '') throw refusal(500, 'the pod has no address');
    if (view.pod.spec?.hostNetwork === true) {
      const host = at === 'address' ? podIP : '127.0.0.1';
      return connected(connect({ host, port, allowHalfOpen: true }), `${host}:${port}`);
    }
    if (attachedPid === undefined) throw refusal(500, 'sandbox is not running');
    try {
      return await this.namespaces.dial(attachedPid, port, at === 'address' ? [podIP] : undefined);
    } catch (error) {
      if (at === 'address') throw refusal(500, messageOf(error));
      throw refusal(500, `failed to execute portforward in network namespace: ${messageOf(error)}`);
    }
  }
}

async function connected(socket: Socket, address: string): Promise<Socket> {
  const signal = AbortSignal.timeout(DIAL_MS);
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw refusal(500, `dial tcp ${address}: i/o timeout`);
    throw refusal(500, renderDialError(error as NetworkError, address) ?? messageOf(error));
  }
}
