import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { BusUnavailable, connectionOver, type Bus } from '@shiplog/bus';
import { Dial, NODE_PAGES, NodePage, PolicyDrops, StatusError, type ObjectOf, type Pod } from '@shiplog/contracts';
import { conditionOf, SERVICE_NAME_LABEL } from '@shiplog/kube';
import { statusOf } from '@shiplog/apimachinery';
import { BUS } from '@shiplog/service';
import { ClusterCache } from '../../cache/cluster-cache';
import type { Handover } from '../../common/handover';
import type { Leaving } from '../../common/leaving';
import { jsonAnswer, textAnswer, type Answer, type StreamAnswer } from '../../rest/answer';
import { throwStatus } from '../../rest/errors';
import { forwardedHeaders, passedOn, passOn, queryText } from '../../rest/forwarding';
import { podPort, proxyId, serviceEndpoints, type ProxyId } from '../../rest/proxy-target';
import { nameOf, type ResourceRequest } from '../../rest/request';
import { withWarnings } from '../../rest/warning-header';
import { ConnectAdmission, warned } from '../admission/connect-admission';

const SLICES = 'endpointslices.discovery.k8s.io';
/** How long a pod may take until its answer begins, in milliseconds: as long as Kubernetes gives a request. */
const ANSWER_MS = 60_000;
/** How long a connection to a pod may take, in milliseconds. */
const DIAL_MS = 30_000;

/** Prometheus' text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
/** How long a node's network agent may take to answer, in milliseconds. */
const DROPS_MS = 3_000;
/** Behind a node's `proxy`, as its kubelet's own paths are. */
const POLICY_DROPS = '/policy-drops';

/** A request that is to go to a pod, a Service or a node, as it came. */
export interface ProxiedRequest {
  readonly method: string;
  /** As it was asked, without the query, still encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly resource: ResourceRequest;
  /** Tells when nobody waits for the answer any more. */
  readonly leaving: Leaving;
}

/** Hands requests over to pods (`…/proxy/…`), by a connection that the kubelet of the pod's node opens. */
@Injectable()
export class ProxyHandler {
  #turn = 0;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    private readonly cluster: ClusterCache,
    private readonly admission: ConnectAdmission,
  ) {}

  answers({ subresource }: ResourceRequest['target']): boolean {
    return subresource?.name === 'proxy';
  }

  async answer(asked: ProxiedRequest): Promise<Answer> {
    const { request: resource, warnings } = await this.admission.admit(asked.resource, asked.leaving);
    try {
      return withWarnings(await this.#admitted({ ...asked, resource }), warnings);
    } catch (error) {
      throw warned(error, warnings);
    }
  }

  async #admitted(request: ProxiedRequest): Promise<Answer> {
    const { target } = request.resource;
    const asked = nameOf(request.resource);
    if (target.resource.plural === 'nodes') return this.#ofNode(proxyId(asked, 'node').name, target.proxied ?? '');
    if (target.proxied === '' && (request.method === 'GET' || request.method === 'HEAD')) return toRoot(request);
    const isPod = target.resource.plural === 'pods';
    const id = proxyId(asked, isPod ? 'pod' : 'service');
    const [pod, port] = isPod ? this.#podOf(target.namespace, id) : this.#endpointOf(target.namespace, id);
    return this.#forward(request, id, pod, port);
  }

  #podOf(namespace: string, id: ProxyId): [Pod, number] {
    const pod = this.cluster.projection.get('pods', namespace, id.name) as Pod | undefined;
    if (pod === undefined) throwStatus(statusOf.notFound('pods', id.name));
    if ((pod.status?.podIP ?? '') === '') throwStatus(statusOf.badRequest('address not allowed'));
    return [pod, podPort(pod, id)];
  }

  /** Each of a Service's pods in its turn. */
  #endpointOf(namespace: string, id: ProxyId): [Pod, number] {
    const { projection } = this.cluster;
    const service = projection.get('services', namespace, id.name) as ObjectOf<'services'> | undefined;
    if (service === undefined) throwStatus(statusOf.notFound('services', id.name));
    const slices = projection
      .list(SLICES, namespace)
      .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === id.name);
    const endpoints = serviceEndpoints(service, slices, id);
    const { pod: name, port } = endpoints[this.#turn++ % endpoints.length] ?? endpoints[0];
    const pod = projection.get('pods', namespace, name) as Pod | undefined;
    if (pod === undefined)
      throwStatus(statusOf.unavailable(`no endpoints available for service ${JSON.stringify(id.name)}`));
    return [pod, port];
  }

  async #forward(request: ProxiedRequest, { scheme }: ProxyId, pod: Pod, port: number): Promise<StreamAnswer> {
    const { resource, method, path, headers } = request;
    const { target, query, body } = resource;
    const connection = await this.#connect(pod, port, scheme);
    const left = new AbortController();
    const protocol = protocolWanted(headers);
    let answered: Answered;
    try {
      const asking = httpRequest({
        method,
        path: `${target.proxied === '' ? '/' : target.proxied}${queryText(query)}`,
        headers: {
          ...forwardedHeaders(headers),
          host: `${pod.status?.podIP ?? ''}:${port}`,
          ...(body === undefined ? {} : { 'content-length': body.length }),
          'x-forwarded-uri': path,
          ...(protocol === undefined ? { connection: 'close' } : { connection: 'Upgrade', upgrade: protocol }),
        },
        signal: left.signal,
        createConnection: () => connection,
      });
      answered = await answerOf(asking, body);
    } catch (error) {
      connection.destroy();
      return throwUnreachable(error);
    }
    const { answer, handover } = answered;
    return {
      kind: 'stream',
      code: answer.statusCode ?? 502,
      handover,
      type: answer.headers['content-type'] ?? 'application/octet-stream',
      headers: withPrefix(passedOn(answer.headers), path, target.proxied ?? ''),
      write: async (out) => {
        // What was handed over and not taken is ended.
        if (handover === undefined) await passOn(answer, out, left).finally(() => connection.destroy());
        else connection.destroy();
      },
    };
  }

  async #connect(pod: Pod, port: number, scheme: 'http' | 'https'): Promise<Duplex> {
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('i/o timeout')), DIAL_MS);
    try {
      const to = { node: pod.spec?.nodeName ?? '' };
      const asked = { namespace, pod: name, uid, port, at: 'address' as const };
      const connection = connectionOver(await this.bus.open(Dial, asked, to, { signal: late.signal }));
      connection.on('error', () => undefined);
      // As Kubernetes has it: whose certificate a pod has, nobody can say.
      if (scheme === 'http') return connection;
      return tlsConnect({ socket: connection, rejectUnauthorized: false }).on('error', () => undefined);
    } catch (error) {
      return throwUnreachable(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What kubelets of Kubernetes answer themselves: what the log says of it, and what the node's own kubelet tells. */
  async #ofNode(name: string, path: string): Promise<Answer> {
    const { projection } = this.cluster;
    const node = projection.get('nodes', '', name);
    if (node === undefined) throwStatus(statusOf.notFound('nodes', name));
    if (path === POLICY_DROPS) return this.#policyDrops(name);
    const isReady = conditionOf(node, 'Ready')?.status === 'True';
    if (!isReady)
      throwStatus(statusOf.unavailable(`error trying to reach service: the kubelet of node ${name} does not answer`));
    if (path === '/healthz' || path === '/healthz/') return textAnswer(200, 'ok');
    const page = NODE_PAGES.find((known) => path === known || path === `${known}/`);
    if (page !== undefined) return this.#pageOf(name, page);
    if (path !== '/pods' && path !== '/pods/') return textAnswer(404, '404 page not found\n');
    const items = projection.list('pods').filter(({ spec }) => spec?.nodeName === name);
    return jsonAnswer(200, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items });
  }

  /** Whole or not at all: it is short, and a page that breaks off is none. */
  async #pageOf(node: string, path: (typeof NODE_PAGES)[number]): Promise<Answer> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('i/o timeout')), DIAL_MS);
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of this.bus.stream(NodePage, { path }, { node }, { signal: late.signal }))
        chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const type = path === '/metrics/resource' ? METRICS_TYPE : 'application/json';
      return { kind: 'body', code: 200, type, body };
    } catch (error) {
      return throwUnreachable(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Which connections network policies have refused there: the network agent knows, whatever the kubelet does. */
  async #policyDrops(node: string): Promise<Answer> {
    try {
      return jsonAnswer(200, await this.bus.ask(PolicyDrops, {}, { node }, { timeoutMs: DROPS_MS }));
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      return throwStatus(statusOf.unavailable(`the network agent of node ${node} does not answer`));
    }
  }
}

interface Answered {
  readonly answer: IncomingMessage;
  /** Where the protocol was switched. */
  readonly handover?: Handover;
}

/** The connection is none of the kernel's, so the time is taken here. */
async function answerOf(asking: ClientRequest, body: Buffer | undefined): Promise<Answered> {
  const late = setTimeout(() => asking.destroy(new Error('net/http: timeout awaiting response headers')), ANSWER_MS);
  // What becomes of it later, its reader is told.
  asking.on('error', () => undefined);
  try {
    asking.end(body);
    const settled = Promise.race([once(asking, 'response'), once(asking, 'upgrade')]);
    const [answer, connection, head] = (await settled) as [IncomingMessage, Duplex?, Buffer?];
    if (connection === undefined || head === undefined) return { answer };
    return { answer, handover: { connection, head, rawHeaders: answer.rawHeaders } };
  } finally {
    clearTimeout(late);
  }
}

/** Node hands requests over that ask for another protocol in both ways (RFC 9110, 7.8), and only those. */
function protocolWanted({ connection = '', upgrade }: ProxiedRequest['headers']): string | undefined {
  return /\bupgrade\b/i.test(String(connection)) && upgrade !== undefined ? String(upgrade) : undefined;
}

function throwUnreachable(error: unknown): never {
  if (error instanceof StatusError && error.status.code === 404) throw error;
  const reason = error instanceof BusUnavailable ? `the kubelet does not answer: ${error.message}` : messageOf(error);
  return throwStatus(statusOf.unavailable(`error trying to reach service: ${reason}`));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Relative links of a page need the last slash. */
function toRoot({ path, resource }: ProxiedRequest): Answer {
  return { ...textAnswer(301, ''), headers: { location: `${path}/${queryText(resource.query)}` } };
}

/** A redirection to a path of the pod leads through the proxy again. */
function withPrefix(headers: ReturnType<typeof passedOn>, path: string, proxied: string): typeof headers {
  const { location } = headers;
  if (typeof location !== 'string' || !location.startsWith('/')) return headers;
  const prefix = path.endsWith(proxied) ? path.slice(0, path.length - proxied.length) : path;
  return { ...headers, location: `${prefix}${location}` };
}
