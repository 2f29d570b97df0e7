import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { channelsOf } from '@shiplog/contracts';
import { soundObject } from '@shiplog/admission';
import { Projection } from '@shiplog/projection';
import { background, BUS, CONFIG, HEALTH, LOGGER, makeLogger, quietErrors, type Health } from '@shiplog/service';
import { pause } from '@shiplog/wait';
import type { Logger } from 'pino';
import { nodeSettings } from './domain/node-settings';
import { HollowNode, type NodeHost } from './hollow-node';
import { budgetHook, LineBudget } from './line-budget';
import type { HollowConfig } from './settings';

/** Nodes that begin at once: each has a few questions to the journal before it is ready, and the next begins then. */
const AT_ONCE = 32;
/** For how long the next ones wait for one that does not come to be ready, in milliseconds, and how often it is looked at. */
const PATIENCE_MS = 15_000;
const READY_MS = 20;
/** How often it is looked how many are ready, in milliseconds, until all are; and from then on. */
const LOOK_MS = 500;
const WATCH_MS = 5_000;

/** All the nodes of this process. */
@Injectable()
export class HollowNodes implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #nodes: HollowNode[] = [];
  readonly #stop = new AbortController();
  #shared: Projection | undefined;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: HollowConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
  ) {}

  /** Not awaited: the journal may come later, and health says so meanwhile. */
  onApplicationBootstrap(): void {
    const { health, logger } = this;
    health.notReady('waiting for the journal');
    background(this.#run(), { health, logger });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#nodes.map((node) => node.close()));
    await this.#shared?.close();
  }

  async #run(): Promise<void> {
    const began = performance.now();
    const host = await this.#host();
    let next = 1;
    const startSome = async (): Promise<void> => {
      while (next <= this.config.nodes && !this.#stop.signal.aborted) await this.#start(next++, host);
    };
    const started = Promise.all(Array.from({ length: AT_ONCE }, startSome));
    await Promise.all([started, this.#watch(began)]);
  }

  async #start(n: number, host: NodeHost): Promise<void> {
    const node = await HollowNode.start(host, nodeSettings(n, this.config, process.env));
    const { signal } = this.#stop;
    if (signal.aborted) return node.close();
    this.#nodes.push(node);
    // Made one after the other without a pause, nodes would keep each other from hearing their answers.
    const until = performance.now() + PATIENCE_MS;
    do await pause(READY_MS);
    while (!node.isReady && performance.now() < until && !signal.aborted);
  }

  /** What all of them hear alike is heard once. */
  async #host(): Promise<NodeHost> {
    const { bus, logger } = this;
    const { signal } = this.#stop;
    const channels = channelsOf('kubelet', bus.identity.name).filter(({ node }) => node === undefined);
    this.#shared = await Projection.open(bus, { channels, logger, accept: soundObject, signal });
    return {
      connection: bus.connection,
      shared: this.#shared,
      logger: this.#loggerOfNodes(),
      onError: quietErrors(logger),
    };
  }

  /** What each pod does is for who looks closely; and what thousands say at once is said by some. */
  #loggerOfNodes(): Logger {
    const { logger } = this;
    const budget = new LineBudget((leftOut) => logger.warn({ leftOut }, 'nodes had more to say than is logged'));
    const level = logger.isLevelEnabled('debug') || !logger.isLevelEnabled('warn') ? logger.level : 'warn';
    return makeLogger('kubelet', this.config.instance, level, budgetHook(budget));
  }

  /** Tells how many nodes are ready, for as long as the process lives. */
  async #watch(began: number): Promise<void> {
    const { signal } = this.#stop;
    const { nodes: wanted } = this.config;
    let isWhole = false;
    while (!signal.aborted) {
      const ready = this.#nodes.filter(({ isReady }) => isReady).length;
      if (ready === wanted) this.health.ready(`${wanted} hollow nodes`);
      else this.health.notReady(`${ready} of ${wanted} hollow nodes are ready`);
      if (ready === wanted && !isWhole)
        this.logger.info({ nodes: wanted, ms: Math.round(performance.now() - began) }, 'all hollow nodes are ready');
      isWhole ||= ready === wanted;
      await pause(isWhole ? WATCH_MS : LOOK_MS, signal);
    }
  }
}
