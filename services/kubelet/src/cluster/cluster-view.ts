import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { channelsOf, type ObjectOf } from '@shiplog/contracts';
import { soundObject } from '@shiplog/admission';
import { Projection, type AppliedListener } from '@shiplog/projection';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import type { Pod } from '../domain/pod';
import type { KubeletConfig } from '../settings';
import { SHARED_VIEW } from '../tokens';

/** Services and runtime classes. */
export type SharedView = Pick<Projection, 'list' | 'get'>;

/** What a kubelet hears of the cluster: its node's pods, its Node, the services and runtime classes. */
@Injectable()
export class ClusterView implements OnApplicationShutdown {
  #opened: Projection | undefined;
  readonly #closing = new AbortController();

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'nodeName'>,
    /** What all nodes hear alike, where several of them are in one process; absent: this one hears it itself. */
    @Optional() @Inject(SHARED_VIEW) private readonly shared?: SharedView,
  ) {}

  /** Resolves when everything is loaded and live, whenever the journal comes; false when the kubelet stopped before. */
  async open(): Promise<boolean> {
    const { bus, logger, config } = this;
    const all = channelsOf('kubelet', config.nodeName);
    const channels = this.shared === undefined ? all : all.filter(({ node }) => node !== undefined);
    const { signal } = this.#closing;
    const projection = await Projection.open(bus, { logger, accept: soundObject, channels, signal });
    this.#opened = projection;
    if (signal.aborted) await projection.close();
    return !signal.aborted;
  }

  async onApplicationShutdown(): Promise<void> {
    this.#closing.abort();
    await this.#opened?.close();
  }

  /** Whether everything is loaded: before, nothing of the cluster is known. */
  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  /** Calls back after each batch of events is folded, in order. */
  onApplied(listener: AppliedListener): void {
    this.#projection.onApplied(listener);
  }

  /** Resolves once everything up to a position is folded in. */
  waitFor(position: number): Promise<void> {
    return this.#projection.waitFor(position);
  }

  /** The pods that are bound to this node. */
  pods(): readonly Pod[] {
    return (this.#opened?.list('pods') ?? []).filter((pod) => pod.spec?.nodeName === this.config.nodeName);
  }

  services(): readonly ObjectOf<'services'>[] {
    return (this.shared ?? this.#opened)?.list('services') ?? [];
  }

  runtimeClass(name: string): ObjectOf<'runtimeclasses.node.k8s.io'> | undefined {
    return (this.shared ?? this.#opened)?.get('runtimeclasses.node.k8s.io', '', name);
  }

  /** This machine's Node, once it is registered. */
  node(): ObjectOf<'nodes'> | undefined {
    return this.#opened?.get('nodes', '', this.config.nodeName);
  }

  get #projection(): Projection {
    if (this.#opened === undefined) throw new Error('the log is still being read');
    return this.#opened;
  }
}
