import { mkdir } from 'node:fs/promises';
import { newCommandId, type Bus } from '@shiplog/bus';
import { subjects, type LogsRequest } from '@shiplog/contracts';
import { milliOf, soundObject } from '@shiplog/machinery';
import { Projection } from '@shiplog/projection';
import type { CommonConfig, ConfigOf, Health } from '@shiplog/service';
import type { Logger } from 'pino';
import type { NodeFacts } from './container/render-fields';
import { EngineLink } from './engine-link';
import { ImageStore } from './images/image-store';
import { serveLogs } from './logs/log-server';
import { AgentNetwork, EngineNetwork } from './networking/pod-network';
import { EngineCgroups } from './node/cgroups';
import { readMachine } from './node/machine';
import { NodeAgent } from './node/node-agent';
import type { MachineFacts } from './node/render-node';
import type { KubeletContext } from './pod/context';
import { PodManager } from './pod/pod-manager';
import { renderStatus } from './pod/render-status';
import { StartGate } from './pod/start-gate';
import type { Pod } from './pod/view';
import { ContainerTable } from './runtime/container-table';
import type { PodRuntime } from './runtime/runtime';
import { BusNotes } from './status/bus-notes';
import { StatusReporter } from './status/status-reporter';
import type { kubeletSettings } from './settings';

export type KubeletConfig = ConfigOf<typeof kubeletSettings> & CommonConfig;

export interface KubeletParts {
  readonly config: KubeletConfig;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly health: Pick<Health, 'ready' | 'notReady'>;
  readonly runtime: PodRuntime;
}

/** Everything of a node's kubelet, put together: the log's projection on one side, the engine on the other. */
export class Kubelet {
  #projection: Projection | undefined;
  #agent: NodeAgent | undefined;
  #manager: PodManager | undefined;
  #reporter: StatusReporter | undefined;
  #link: EngineLink | undefined;
  #closed = false;

  constructor(private readonly parts: KubeletParts) {}

  /** Resolves when the node is registered with the log's projection and pods are seen to. */
  async start(): Promise<void> {
    const { config, bus, logger, health, runtime } = this.parts;
    health.notReady('waiting for the journal');
    await mkdir(config.stateDir, { recursive: true });
    const machine = await readMachine(config.stateDir, config.nodeIP);
    const projection = await Projection.open(bus, {
      logger,
      accept: soundObject,
      channels: [
        { resource: 'pods', node: config.nodeName },
        { resource: 'nodes' },
        { resource: 'services' },
        { resource: 'configmaps' },
        { resource: 'secrets' },
      ],
    });
    if (this.#closed) return projection.close();
    this.#projection = projection;
    const agent = this.#makeAgent(machine, projection);
    this.#agent = agent;
    const cgroups = new EngineCgroups(config.cgroupParent);
    const table = new ContainerTable(runtime);
    const images = new ImageStore(runtime);
    this.#reporter = new StatusReporter({ bus, node: config.nodeName, logger, now: Date.now });
    const link = new EngineLink({
      runtime,
      table,
      images,
      logger,
      up: (engine) => {
        cgroups.useDriver(engine.cgroupDriver);
        agent.engineUp(engine);
        manager.adopt();
        health.ready(`runs pods on Docker ${engine.version}`);
      },
      down: (why) => {
        agent.engineDown(why);
        health.notReady(`the container engine is away: ${why}`);
      },
    });
    this.#link = link;
    const context = this.#makeContext({ machine, projection, table, images, cgroups, link });
    const manager = new PodManager(context, {
      pods: () => projection.list('pods').filter((pod) => pod.spec?.nodeName === config.nodeName),
    });
    this.#manager = manager;
    projection.onApplied((batch) => {
      manager.applied(batch);
      if (batch.some(({ event }) => event.resource === 'nodes' && event.name === config.nodeName)) agent.wake();
    });
    this.#serveLogs(manager);
    agent.start();
    link.start();
  }

  /** Stops seeing to pods. Their containers go on running, for the next kubelet to adopt. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#link?.close();
    this.#manager?.close();
    this.#reporter?.close();
    this.#agent?.close();
    await this.#projection?.close();
  }

  #makeAgent(machine: MachineFacts, projection: Projection): NodeAgent {
    const { config, bus, logger } = this.parts;
    return new NodeAgent({
      bus,
      logger,
      nodeName: config.nodeName,
      stateDir: config.stateDir,
      labels: config.nodeLabels,
      maxPods: config.maxPods,
      heartbeatMs: config.heartbeatInterval,
      machine,
      node: () => projection.get('nodes', '', config.nodeName),
      seen: (position) => projection.waitFor(position),
      now: Date.now,
    });
  }

  #makeContext(made: {
    machine: MachineFacts;
    projection: Projection;
    table: ContainerTable;
    images: ImageStore;
    cgroups: EngineCgroups;
    link: EngineLink;
  }): KubeletContext {
    const { config, bus, logger, runtime } = this.parts;
    const { machine, projection, table, images, cgroups, link } = made;
    const engineNetwork = config.podNetwork === 'docker';
    const nodeIP = (): string => machine.ip;
    return {
      nodeName: config.nodeName,
      stateDir: config.stateDir,
      engineNetwork,
      pidsLimit: config.podPidsLimit,
      runtime,
      table,
      images,
      network: engineNetwork
        ? new EngineNetwork(config.dockerNetwork, nodeIP)
        : new AgentNetwork(bus, config.nodeName, nodeIP),
      gate: new StartGate(config.maxParallelStarts),
      source: {
        configMap: (namespace, name) => projection.get('configmaps', namespace, name),
        secret: (namespace, name) => projection.get('secrets', namespace, name),
        services: () => projection.list('services'),
      },
      statuses: this.#reporter as StatusReporter,
      notes: new BusNotes(bus, config.nodeName),
      cgroups,
      logger,
      now: Date.now,
      node: () => nodeFacts(config.nodeName, machine),
      engineUp: () => link.isUp,
      deletePod: (pod) => this.#deletePod(pod),
    };
  }

  async #deletePod({ metadata }: Pod): Promise<void> {
    const { config, bus } = this.parts;
    const reply = await bus.command({
      id: newCommandId(),
      type: 'DeleteObject',
      actor: `system:node:${config.nodeName}`,
      data: {
        resource: 'pods',
        namespace: metadata.namespace ?? '',
        name: metadata.name,
        gracePeriodSeconds: 0,
        preconditions: { uid: metadata.uid },
      },
    });
    // 404 and 409: it is gone, or another pod has its name by now.
    if (!reply.ok && ![404, 409].includes(reply.status.code ?? 0)) {
      throw new Error(`the journal did not delete the pod: ${reply.status.message}`);
    }
  }

  #serveLogs(manager: PodManager): void {
    const { config, bus, runtime } = this.parts;
    const status = (uid: string): ReturnType<typeof renderStatus> | undefined => {
      const view = manager.worker(uid)?.view();
      return view && renderStatus(view);
    };
    bus.serveStream(subjects.node(config.nodeName, 'logs'), (request, stream) =>
      serveLogs({ runtime, status, now: Date.now }, request as LogsRequest, stream),
    );
  }
}

function nodeFacts(name: string, machine: MachineFacts): NodeFacts {
  return {
    name,
    ip: machine.ip,
    allocatableCpuMilli: milliOf(String(machine.cpus)),
    allocatableMemoryBytes: BigInt(machine.memoryBytes),
    allocatableStorageBytes: BigInt(machine.storageBytes),
  };
}
