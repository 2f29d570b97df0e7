import { newCommandId, type Bus } from '@shiplog/bus';
import type { AnyCommand, CommandReply, KubeObject, ObjectOf } from '@shiplog/contracts';
import type { Logger } from 'pino';
import type { EngineFacts } from '../runtime/runtime';
import { readPulse } from './machine';
import { parseLabels, renderLabels, renderNodeStatus, statusPatch, type MachineFacts } from './render-node';

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

export interface NodeAgentOptions {
  readonly bus: Pick<Bus, 'command' | 'signal'>;
  readonly logger: Logger;
  readonly nodeName: string;
  readonly stateDir: string;
  readonly labels: string;
  readonly maxPods: number;
  readonly heartbeatMs: number;
  readonly machine: MachineFacts;
  /** The Node as the log has it. */
  node(): ObjectOf<'nodes'> | undefined;
  /** Resolves when the projection has seen a position. */
  seen(position: number): Promise<void>;
  now(): number;
}

/** Keeps this machine's Node object: makes it, brings it up to date when something changed, and gives signs of life. */
export class NodeAgent {
  #engine: EngineFacts | undefined;
  #engineDown: string | undefined = 'not reached yet';
  #heartbeats: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #syncing = false;
  #again = false;
  #leased = false;
  #closed = false;

  constructor(private readonly options: NodeAgentOptions) {}

  start(): void {
    this.#beat();
    this.#heartbeats = setInterval(() => this.#beat(), this.options.heartbeatMs);
    this.wake();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeats);
    clearTimeout(this.#retry);
  }

  engineUp(engine: EngineFacts): void {
    this.#engine = engine;
    this.#engineDown = undefined;
    this.wake();
  }

  engineDown(why: string): void {
    this.#engineDown = why;
    this.wake();
  }

  /** Something may be otherwise than it should. */
  wake(): void {
    if (this.#closed) return;
    this.#again = true;
    if (!this.#syncing) void this.#run();
  }

  async #run(): Promise<void> {
    this.#syncing = true;
    clearTimeout(this.#retry);
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        await this.#sync();
      }
      this.#retryMs = FIRST_RETRY_MS;
    } catch (error) {
      if (this.#closed) return;
      this.options.logger.warn({ err: error }, 'could not bring the Node object up to date; trying again');
      this.#retry = setTimeout(() => this.wake(), this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    } finally {
      this.#syncing = false;
    }
  }

  #beat(): void {
    const { bus, nodeName, now } = this.options;
    bus.signal('heartbeat', nodeName, { node: nodeName, time: new Date(now()).toISOString() });
    // The pulse is looked at on this occasion; nothing is written unless a condition has changed.
    this.wake();
  }

  async #sync(): Promise<void> {
    const { nodeName: name, machine, labels, stateDir, maxPods } = this.options;
    const node = this.options.node();
    const now = `${new Date(this.options.now()).toISOString().slice(0, 19)}Z`;
    const pulse = { ...(await readPulse(stateDir)), engineDown: this.#engineDown };
    const status = renderNodeStatus(machine, this.#engine, pulse, maxPods, node?.status, now);
    const wanted = renderLabels(name, machine, parseLabels(labels));
    if (node === undefined) {
      const object = {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: wanted },
        spec: {},
        status,
      } as unknown as KubeObject;
      await this.#ask({ type: 'CreateObject', data: { resource: 'nodes', namespace: '', object } }, [409]);
    } else {
      const patch = statusPatch(status, node.status);
      const key = { resource: 'nodes', namespace: '', name } as const;
      if (patch !== undefined) {
        await this.#ask(
          {
            type: 'PatchObject',
            data: { ...key, subresource: 'status', patchType: 'strategic', patch: { status: patch } },
          },
          [404],
        );
      }
      const missing = Object.entries(wanted).filter(([label, value]) => node.metadata.labels?.[label] !== value);
      if (missing.length > 0) {
        const metadata = { labels: Object.fromEntries(missing) };
        await this.#ask({ type: 'PatchObject', data: { ...key, patchType: 'merge', patch: { metadata } } }, [404]);
      }
    }
    if (!this.#leased) await this.#makeLease(name);
  }

  /** The lease is made once: the api shows the last heartbeat as its renewal. */
  async #makeLease(name: string): Promise<void> {
    const renewTime = new Date(this.options.now()).toISOString().replace('Z', '000Z');
    const object: KubeObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: LEASE_NAMESPACE },
      spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
    };
    await this.#ask(
      { type: 'CreateObject', data: { resource: 'leases.coordination.k8s.io', namespace: LEASE_NAMESPACE, object } },
      [409],
    );
    this.#leased = true;
  }

  /** Sends a command and waits until its effect can be seen. Refusals with a code of `fine` mean that it is so already. */
  async #ask(command: Pick<AnyCommand, 'type' | 'data'>, fine: readonly number[]): Promise<void> {
    const actor = `system:node:${this.options.nodeName}`;
    const reply: CommandReply = await this.options.bus.command({ id: newCommandId(), actor, ...command } as AnyCommand);
    if (reply.ok) return this.options.seen(reply.position);
    if (!fine.includes(reply.status.code ?? 0))
      throw new Error(reply.status.message ?? 'the journal refused a command');
  }
}
