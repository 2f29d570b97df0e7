import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import { nodeActor, Heartbeat, type AnyCommand, type CommandReply, type KubeObject } from '@shiplog/contracts';
import { HOLLOW_LABEL, kubernetesTime, patchOf, statusPatchOf } from '@shiplog/kube';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { ClusterView } from '../cluster/cluster-view';
import { NodePressure } from '../eviction/node-pressure';
import type { NodeImage } from '../images/domain/node-images';
import type { EngineFacts } from '../runtime/runtime';
import type { KubeletConfig } from '../settings';
import { MACHINE, NODE_RESOURCES } from '../tokens';
import type { NodeResources } from './domain/node-resources';
import { parseLabels, renderLabels, renderNodeStatus, statusPatch, type MachineFacts } from './render/node-status';

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const BACK_OFF = { firstMs: 250, longestMs: 5_000 };

/** Keeps this machine's Node object: makes it, brings it up to date when something changed, and gives signs of life. */
@Injectable()
export class NodeAgent implements OnApplicationShutdown {
  #engine: EngineFacts | undefined;
  #engineDown: string | undefined = 'not reached yet';
  /** Until when an engine that was there may be away. */
  #patience: NodeJS.Timeout | undefined;
  /** Epoch milliseconds; undefined while the engine answers. */
  #awaySince: number | undefined;
  #leased = false;
  #isShuttingDown = false;
  /** Undefined until the engine was asked. */
  #images: NodeImage[] | undefined;
  readonly #loop = new SyncLoop({
    run: () => this.#sync(),
    backOff: BACK_OFF,
    onError: (error) => this.logger.warn({ err: error }, 'could not bring the Node object up to date; trying again'),
  });

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) private readonly config: KubeletConfig,
    @Inject(MACHINE) private readonly machine: MachineFacts,
    @Inject(NODE_RESOURCES) private readonly resources: NodeResources,
    private readonly pressure: NodePressure,
    private readonly cluster: ClusterView,
  ) {}

  /** Begins, once the log is read. */
  start(): void {
    this.#beat();
    this.wake();
    // The pulse is looked at on this occasion; nothing is written unless a condition has changed.
    this.#loop.wakeEvery(this.config.heartbeatInterval, () => this.#beat());
  }

  /** A command under way is not waited for: without NATS it would never end. */
  onApplicationShutdown(): void {
    clearTimeout(this.#patience);
    void this.#loop.stop();
  }

  engineUp(engine: EngineFacts): void {
    this.#engine = engine;
    this.#engineDown = undefined;
    clearTimeout(this.#patience);
    this.#awaySince = undefined;
    this.wake();
  }

  /** What images the engine keeps, as the Node is to tell. */
  imagesAre(images: NodeImage[]): void {
    this.#images = images;
    this.wake();
  }

  /** A node that is not ready loses its pods: an engine that is soon there again is no reason for that. */
  engineDown(reason: string): void {
    const isDown = (): void => {
      this.#engineDown = reason;
      this.wake();
    };
    if (this.#engineDown !== undefined) return isDown();
    clearTimeout(this.#patience);
    const since = (this.#awaySince ??= Date.now());
    this.#patience = setTimeout(isDown, Math.max(0, since + this.config.engineGrace - Date.now()));
  }

  /** Whether the machine is about to go down: such a node is given no pods. */
  shuttingDown(isIt: boolean): void {
    this.#isShuttingDown = isIt;
    this.wake();
  }

  get isShuttingDown(): boolean {
    return this.#isShuttingDown;
  }

  /** Something may be otherwise than it should. */
  wake(): void {
    this.#loop.wake();
  }

  #beat(): void {
    this.bus.tell(Heartbeat, { time: new Date().toISOString() });
  }

  async #sync(): Promise<void> {
    const { machine } = this;
    const { nodeName: name, nodeLabels, containerRuntime } = this.config;
    const node = this.cluster.node();
    // Whether there is a Node is not known yet.
    if (!this.cluster.isOpen) return;
    const now = kubernetesTime(Date.now());
    await this.pressure.observe();
    const pulse = {
      pressures: this.pressure.pressures,
      engineDown: this.#engineDown,
      isShuttingDown: this.#isShuttingDown,
      images: this.#images,
    };
    const status = renderNodeStatus(machine, this.#engine, pulse, this.resources, node?.status, now);
    const hollow: Record<string, string> = containerRuntime === 'hollow' ? { [HOLLOW_LABEL]: 'true' } : {};
    const wanted = renderLabels(name, machine, { ...parseLabels(nodeLabels), ...hollow });
    if (node === undefined) {
      const object = {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: wanted },
        spec: {},
        status,
      };
      await this.#ask({ type: 'CreateObject', data: { resource: 'nodes', namespace: '', object } }, [409]);
    } else {
      const patch = statusPatch(status, node.status);
      // By its name: a node may say nothing of its Node's metadata but labels and annotations.
      const own = { metadata: { name } };
      if (patch !== undefined) await this.#ask(statusPatchOf('nodes', own, patch), [404]);
      const missing = Object.entries(wanted).filter(([label, value]) => node.metadata.labels?.[label] !== value);
      if (missing.length > 0) {
        const metadata = { labels: Object.fromEntries(missing) };
        await this.#ask(patchOf('nodes', own, { metadata }, { patchType: 'merge' }), [404]);
      }
    }
    if (!this.#leased) await this.#makeLease(name);
  }

  /** The lease is made once: the api shows the last heartbeat as its renewal. */
  async #makeLease(name: string): Promise<void> {
    const renewTime = new Date().toISOString().replace('Z', '000Z');
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

  /**
   * Sends a command and waits until its effect can be seen. Refusals with a code of `fine` mean that it is so already. Its
   * cause is what the log told last of the Node; that there is none has no cause in the log.
   */
  async #ask(command: Pick<AnyCommand, 'type' | 'data'>, fine: readonly number[]): Promise<void> {
    const actor = nodeActor(this.config.nodeName);
    const node = this.cluster.node();
    const cause = node === undefined ? undefined : Number(node.metadata.resourceVersion);
    const reply: CommandReply = await this.bus.command({ id: newCommandId(), actor, cause, ...command } as AnyCommand);
    if (reply.ok) return this.cluster.waitFor(reply.position);
    if (!fine.includes(reply.status.code ?? 0))
      throw new Error(reply.status.message ?? 'the journal refused a command');
  }
}
