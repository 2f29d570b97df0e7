import { Inject, Injectable } from '@nestjs/common';
import { BusUnavailable, type Bus, type DuplexStream } from '@shiplog/bus';
import { AttachContainer, Dial, Exec, StatusError, type Pod } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { BUS, CONFIG } from '@shiplog/service';
import { ClusterCache } from '../../cache/cluster-cache';
import { leavingSocket } from '../../common/leaving';
import { Stopping } from '../../common/stopping';
import { textAnswer } from '../../rest/answer';
import { throwStatus, unwrap } from '../../rest/errors';
import { listOf } from '../../rest/header-list';
import { nameOf, type ResourceRequest } from '../../rest/request';
import { commandOf, portsOf, sessionContainer, sessionOptions, type SessionOptions } from '../../rest/session-options';
import { withWarnings } from '../../rest/warning-header';
import type { ApiConfig } from '../../settings';
import { ConnectAdmission, warned } from '../admission/connect-admission';
import { channelProtocol, PORT_FORWARD, PORT_FORWARD_TUNNEL, SPDY_VERSIONS, spdyVersion } from './domain/protocols';
import { brokenStatus, joinSession } from './join-session';
import { forwardOverChannels, forwardOverSpdy, type ForwardTarget } from './port-forward';
import { SpdyChannels } from './spdy-channels';
import {
  switchToSpdy,
  throwUnknownVersion,
  upgradeKind,
  UpgradeRefused,
  type Upgrade,
  type UpgradeKind,
} from './upgrade';
import { acceptWebSocket, bytesOf, WebSocketChannels } from './web-socket';

/** What is answered in a session: subresources of pods. */
const SESSIONS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);
/** How long a kubelet may take to grant a session, in milliseconds. */
const GRANT_MS = 30_000;

/** A pod with the node that it runs on. */
interface Place {
  readonly pod: Pod;
  readonly node: string;
  readonly of: { readonly namespace: string; readonly pod: string; readonly uid: string };
}

/** Opens sessions with containers (exec, attach) and connections to ports of pods (port-forward), over SPDY and WebSockets. */
@Injectable()
export class SessionHandler {
  #open = 0;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: Pick<ApiConfig, 'maxSessions'>,
    private readonly cluster: ClusterCache,
    private readonly stopping: Stopping,
    private readonly admission: ConnectAdmission,
  ) {}

  /** Whether a request is for a session. */
  answers({ resource, subresource }: ResourceRequest['target']): boolean {
    return resource.plural === 'pods' && resource.group === '' && SESSIONS.has(subresource?.name ?? '');
  }

  /** How many sessions are open. */
  get open(): number {
    return this.#open;
  }

  /** A request for a session that does not ask for its connection, or for one that is not spoken here. */
  refuse(): never {
    return throwStatus(statusOf.badRequest('Upgrade request required'));
  }

  /**
   * Takes the connection of an admitted request over; resolves when its session is over. Throws StatusError or UpgradeRefused
   * while the request can still be answered: nothing was sent on its connection then.
   */
  async serve(asked: Upgrade): Promise<void> {
    const kind = upgradeKind(asked.request) ?? this.refuse();
    if (this.#open >= this.config.maxSessions) throwStatus(statusOf.tooManyRequests('too many sessions are open', 1));
    this.#open += 1;
    try {
      const { request: resource, warnings } = await this.admission.admit(asked.resource, leavingSocket(asked.socket));
      await this.#admitted({ ...asked, resource }, kind).catch((error: unknown) => {
        if (error instanceof UpgradeRefused) throw new UpgradeRefused(withWarnings(error.answer, warnings));
        throw warned(error, warnings);
      });
    } finally {
      this.#open -= 1;
    }
  }

  async #admitted(upgrade: Upgrade, kind: UpgradeKind): Promise<void> {
    const subresource = upgrade.resource.target.subresource?.name;
    if (subresource === 'portforward') await this.#forward(upgrade, kind);
    else await this.#session(upgrade, kind, subresource === 'exec');
  }

  async #session(upgrade: Upgrade, kind: UpgradeKind, isExec: boolean): Promise<void> {
    const { query } = upgrade.resource;
    const options = sessionOptions(query);
    const command = isExec ? commandOf(query) : undefined;
    const { pod, of, node } = this.#placeOf(upgrade.resource);
    const container = unwrap(sessionContainer(pod, query));
    const accept = this.#acceptor(upgrade, kind, options);
    const request = { ...of, container, ...options };
    const stream = await granted(upgrade, (signal) =>
      command === undefined
        ? this.bus.open(AttachContainer, request, { node }, { signal })
        : this.bus.open(Exec, { ...request, command }, { node }, { signal }),
    );
    try {
      const client = await accept();
      if (client !== undefined) await joinSession(client, stream, this.stopping.signal);
    } finally {
      stream.close();
    }
  }

  /** Settles how the client is spoken with, before it is; the function does it. */
  #acceptor(
    upgrade: Upgrade,
    kind: UpgradeKind,
    options: SessionOptions,
  ): () => Promise<WebSocketChannels | SpdyChannels | undefined> {
    const { request, socket, head } = upgrade;
    if (kind === 'websocket') {
      const offered = listOf(request.headers['sec-websocket-protocol']);
      const protocol =
        channelProtocol(offered) ?? throwUnknownVersion(['v5.channel.k8s.io', 'v4.channel.k8s.io'], offered);
      return async () => {
        const client = await acceptWebSocket(upgrade, protocol.name, (made) => new WebSocketChannels(made, protocol));
        // Says that the session is there.
        await client?.write(options.stdout ? 1 : options.stderr ? 2 : 3, new Uint8Array());
        return client;
      };
    }
    const offered = listOf(request.headers['x-stream-protocol-version']);
    const version = spdyVersion(offered) ?? throwUnknownVersion(SPDY_VERSIONS, offered);
    return async () => {
      switchToSpdy(upgrade, version);
      if (head.length > 0) socket.unshift(head);
      const client = new SpdyChannels(socket, options, version);
      try {
        await client.opened;
        return client;
      } catch (error) {
        await client.end(brokenStatus(error)).catch(() => undefined);
        client.destroy();
        return undefined;
      }
    };
  }

  async #forward(upgrade: Upgrade, kind: UpgradeKind): Promise<void> {
    const { request, socket, head, resource } = upgrade;
    const { of, node } = this.#placeOf(resource);
    const { signal: stopping } = this.stopping;
    const target: ForwardTarget = {
      pod: of.pod,
      uid: of.uid,
      dial: (port) => inTime((signal) => this.bus.open(Dial, { ...of, port, at: 'loopback' }, { node }, { signal })),
    };
    if (kind === 'spdy') {
      const offered = listOf(request.headers['x-stream-protocol-version']);
      if (offered.length > 0 && !offered.includes(PORT_FORWARD)) throwUnknownVersion([PORT_FORWARD], offered);
      switchToSpdy(upgrade, PORT_FORWARD);
      if (head.length > 0) socket.unshift(head);
      return forwardOverSpdy(socket, target, stopping);
    }
    const offered = listOf(request.headers['sec-websocket-protocol']);
    if (offered.includes(PORT_FORWARD_TUNNEL)) {
      return acceptWebSocket(upgrade, PORT_FORWARD_TUNNEL, (made) => forwardOverSpdy(bytesOf(made), target, stopping));
    }
    const protocol =
      channelProtocol(offered) ?? throwUnknownVersion([PORT_FORWARD_TUNNEL, 'v4.channel.k8s.io'], offered);
    const ports = portsOf(resource.query);
    return acceptWebSocket(upgrade, protocol.name, (made) =>
      forwardOverChannels(made, protocol, ports, target, stopping),
    );
  }

  /** Throws 404 for a pod that is not there, 400 for one without a node. */
  #placeOf(request: ResourceRequest): Place {
    const name = nameOf(request);
    const { namespace } = request.target;
    const pod = this.cluster.projection.get('pods', namespace, name) as Pod | undefined;
    if (pod === undefined) throwStatus(statusOf.notFound('pods', name));
    const node = pod.spec?.nodeName ?? '';
    if (node === '') throwStatus(statusOf.badRequest(`pod ${name} does not have a host assigned`));
    return { pod, node, of: { namespace, pod: name, uid: pod.metadata.uid ?? '' } };
  }
}

/** A session that its kubelet grants. What the kubelet refuses is answered in its words, as text; a client that leaves ends the asking. */
async function granted(
  { socket }: Upgrade,
  open: (signal: AbortSignal) => Promise<DuplexStream>,
): Promise<DuplexStream> {
  const left = new AbortController();
  const leave = (): void => left.abort(new Error('the client has left'));
  socket.once('close', leave);
  try {
    return await inTime(open, left);
  } catch (error) {
    if (error instanceof StatusError && error.status.code !== 400) {
      throw new UpgradeRefused(textAnswer(error.status.code ?? 500, error.status.message ?? ''));
    }
    if (error instanceof BusUnavailable)
      throw new UpgradeRefused(textAnswer(503, `error dialing backend: the kubelet does not answer: ${error.message}`));
    throw error;
  } finally {
    socket.off('close', leave);
  }
}

/** Until it is granted, a stream is not waited for for ever. */
async function inTime(
  open: (signal: AbortSignal) => Promise<DuplexStream>,
  abort = new AbortController(),
): Promise<DuplexStream> {
  const late = setTimeout(() => abort.abort(new Error('the kubelet does not answer')), GRANT_MS);
  return open(abort.signal).finally(() => clearTimeout(late));
}
