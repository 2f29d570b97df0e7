import { StatusError, type Bus } from '@shiplog/bus';
import { subjects, type AttachReply, type AttachRequest, type DetachRequest } from '@shiplog/contracts';
import type { Subscription } from 'nats';
import type { PodCables } from './pod-cables';

/** How long a request waits for the bridge: shorter than its sender's patience, so that it hears why. */
const WAIT_MS = 2_500;

/** Answers the kubelet of this node on `shiplog.v1.node.<node>.attach` and `.detach`. */
export class AttachServer {
  #cables: PodCables | undefined;
  readonly #waiting = new Set<(cables: PodCables) => void>();
  readonly #subscriptions: Subscription[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly node: string,
    private readonly portsChanged: (cables: PodCables) => Promise<void>,
  ) {}

  serve(): void {
    this.#subscriptions.push(
      this.bus.serve(subjects.node(this.node, 'attach'), (payload) => this.#attach(readAttach(payload))),
      this.bus.serve(subjects.node(this.node, 'detach'), (payload) => this.#detach(readDetach(payload))),
    );
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  /** The bridge stands: requests are answered from here on. */
  ready(cables: PodCables): void {
    this.#cables = cables;
    for (const resolve of this.#waiting) resolve(cables);
    this.#waiting.clear();
  }

  async #attach(request: AttachRequest): Promise<AttachReply> {
    const cables = await this.#whenReady();
    const reply = await cables.attach(request);
    if ((request.hostPorts ?? []).length > 0) await this.portsChanged(cables);
    return reply;
  }

  async #detach({ uid }: DetachRequest): Promise<Record<string, never>> {
    const cables = await this.#whenReady();
    if (await cables.detach(uid)) await this.portsChanged(cables);
    return {};
  }

  #whenReady(): Promise<PodCables> {
    if (this.#cables !== undefined) return Promise.resolve(this.#cables);
    return new Promise((resolve, reject) => {
      const ready = (cables: PodCables): void => {
        clearTimeout(timer);
        resolve(cables);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(ready);
        reject(failure(503, 'ServiceUnavailable', `node ${this.node} has no pod network yet`));
      }, WAIT_MS);
      this.#waiting.add(ready);
    });
  }
}

function readAttach(payload: unknown): AttachRequest {
  const request = payload as Partial<AttachRequest> | null;
  const { uid, pid } = request ?? {};
  if (typeof uid !== 'string' || !isUid(uid) || !Number.isInteger(pid) || Number(pid) <= 0) {
    throw failure(400, 'BadRequest', 'attach needs a uid and the pid of a process of the pod');
  }
  return { ...request, uid, pid, hostPorts: (request?.hostPorts ?? []).map(readHostPort) } as AttachRequest;
}

/** It goes into the kernel's rules: nothing but numbers and an address. */
function readHostPort(port: NonNullable<AttachRequest['hostPorts']>[number]) {
  const isPort = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
  const isAddress = port.hostIP === undefined || /^[\d.]*$/.test(port.hostIP);
  if (!isPort(port.hostPort) || !isPort(port.containerPort) || !isAddress) {
    throw failure(400, 'BadRequest', `a host port can't be ${JSON.stringify(port)}`);
  }
  return { ...port, protocol: port.protocol === 'UDP' ? 'UDP' : 'TCP' };
}

function readDetach(payload: unknown): DetachRequest {
  const uid = (payload as Partial<DetachRequest> | null)?.uid;
  if (typeof uid !== 'string' || !isUid(uid)) throw failure(400, 'BadRequest', 'detach needs a uid');
  return { uid };
}

/** It goes into a link's label. */
function isUid(text: string): boolean {
  return /^[\w.-]{1,128}$/.test(text);
}

function failure(code: number, reason: string, message: string): StatusError {
  return new StatusError({ apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', reason, message, code });
}
