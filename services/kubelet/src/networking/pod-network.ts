import { Attach, Detach, type AttachRequest } from '@shiplog/contracts';
import type { Bus } from '@shiplog/bus';
import { publishedPortsOf } from '@shiplog/kube';
import { parseIpPair } from '@shiplog/apimachinery';
import type { Pod } from '../domain/pod';
import type { SandboxDetails, SandboxNetwork, PublishedPort } from '../runtime/runtime';

/** How pods get their network: by the node's network agent, or by one of the engine's own networks. */
export interface PodNetwork {
  /** What the sandbox is made with. */
  sandboxNetwork(pod: Pod): SandboxNetwork;
  /** Gives a running sandbox its addresses (again), the primary one first; resolves once packets can flow. */
  attach(pod: Pod, sandbox: SandboxDetails): Promise<readonly string[]>;
  detach(podUid: string): Promise<void>;
}

/** An agent that is away is asked again by the worker, so one attempt need not last. */
const ATTACH_TIMEOUT_MS = 8_000;

/** The network agent of the node attaches; host-network pods have the node's address. */
export class AgentNetwork implements PodNetwork {
  constructor(
    private readonly bus: Pick<Bus, 'ask'>,
    private readonly node: string,
    private readonly nodeIPs: readonly string[],
  ) {}

  sandboxNetwork(pod: Pod): SandboxNetwork {
    return pod.spec?.hostNetwork === true ? { kind: 'host' } : { kind: 'detached' };
  }

  async attach(pod: Pod, { pid }: SandboxDetails): Promise<readonly string[]> {
    if (pod.spec?.hostNetwork === true) return this.nodeIPs;
    const { uid, name, namespace = '' } = pod.metadata;
    const hostPorts = publishedPortsOf(pod.spec);
    const request: AttachRequest = { uid, namespace, name, pid, ...(hostPorts.length === 0 ? {} : { hostPorts }) };
    const reply = await this.bus.ask(Attach, request, { node: this.node }, { timeoutMs: ATTACH_TIMEOUT_MS });
    const ips = parseIpPair((reply.ips ?? [reply.ip]).join());
    if (ips instanceof Error) throw new Error(`the pod's address ${ips.message}`);
    return ips;
  }

  async detach(uid: string): Promise<void> {
    await this.bus.ask(Detach, { uid }, { node: this.node }, { timeoutMs: ATTACH_TIMEOUT_MS });
  }
}

/** The engine's own network: no root and no agent, but no routes to other nodes either. */
export class EngineNetwork implements PodNetwork {
  constructor(
    private readonly network: string,
    private readonly nodeIPs: readonly string[],
  ) {}

  sandboxNetwork(pod: Pod): SandboxNetwork {
    if (pod.spec?.hostNetwork === true) return { kind: 'host' };
    const ports = publishedPortsOf(pod.spec).map((port): PublishedPort => ({ ...port, hostIP: port.hostIP ?? '' }));
    return { kind: 'engine', network: this.network, ports };
  }

  attach(pod: Pod, sandbox: SandboxDetails): Promise<readonly string[]> {
    if (pod.spec?.hostNetwork === true) return Promise.resolve(this.nodeIPs);
    if (sandbox.ip === '')
      return Promise.reject(new Error(`the engine gave no address on its network ${this.network}`));
    return Promise.resolve([sandbox.ip]);
  }

  async detach(): Promise<void> {
    await Promise.resolve();
  }
}
