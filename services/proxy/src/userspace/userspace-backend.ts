import type { Logger } from 'pino';
import { localAddresses } from '../local-addresses';
import { checkedPort, FAMILIES, type ServicePort } from '../domain/service-port';
import type { ProxyBackend } from '../proxy-backend';
import { Balancer } from './domain/balancer';
import type { Listener } from './listener';
import { LoopbackAddresses } from './loopback-addresses';
import { shortcomings } from './domain/shortcomings';
import { planListeners, type WantedListener } from './domain/listeners';
import { TcpListener } from './tcp-listener';
import { UdpListener } from './udp-listener';

export interface UserspaceOptions {
  /** Where node ports answer: addresses, or networks whose addresses of this machine are meant. */
  readonly addresses: readonly string[];
}

/** Services as listening sockets of this process: for machines without nftables or the right to use it. */
export class UserspaceBackend implements ProxyBackend {
  readonly mode = 'userspace';
  readonly #services = new Map<string, readonly ServicePort[]>();
  readonly #listeners = new Map<string, Listener>();
  /** Sockets that could not be opened, and why. */
  readonly #failed = new Map<string, string>();
  #saidRefused = false;

  constructor(
    private readonly options: UserspaceOptions,
    private readonly logger: Logger,
    private readonly loopback = new LoopbackAddresses(),
  ) {}

  set(service: string, ports: readonly ServicePort[]): void {
    if (ports.length > 0) this.#services.set(service, ports.map(checkedPort));
    else this.#services.delete(service);
  }

  services(): string[] {
    return [...this.#services.keys()];
  }

  async sync(): Promise<void> {
    const ports = [...this.#services.values()].flat();
    await this.loopback.hold([...new Set(ports.map((port) => port.clusterIP))]);
    this.#sayWhatIsMissing();
    const wanted = planListeners(ports, {
      addresses: localAddresses(this.options.addresses),
      clusterIPs: FAMILIES.filter((family) => this.loopback.refusal(family) === undefined),
    });
    for (const [name, listener] of this.#listeners) {
      if (wanted.has(name)) continue;
      this.#listeners.delete(name);
      await listener.close();
    }
    this.#failed.clear();
    for (const [name, listener] of wanted) await this.#open(name, listener);
  }

  /** Ports that were taken may be free by now. */
  async verify(): Promise<void> {
    if (this.#failed.size > 0) await this.sync();
  }

  forceFullSync(): void {
    this.#saidRefused = false;
  }

  detail(): string {
    const parts = [`${this.#services.size} services by ${this.#listeners.size} sockets`];
    const refused = FAMILIES.filter((family) => this.loopback.refusal(family) !== undefined);
    if (refused.includes('IPv4')) parts.push('cluster IPs are not reachable here, node ports are');
    else if (refused.length > 0) parts.push('IPv6 cluster IPs are not reachable here');
    if (this.#failed.size > 0) parts.push(`not reachable: ${[...this.#failed.keys()].join(', ')}`);
    return [...parts, ...shortcomings([...this.#services.values()].flat())].join('; ');
  }

  async stop(): Promise<void> {
    for (const listener of this.#listeners.values()) await listener.destroy();
    this.#listeners.clear();
    await this.loopback.hold([]);
  }

  async #open(name: string, wanted: WantedListener): Promise<void> {
    const { protocol, address, port, backends, affinitySeconds } = wanted;
    const running = this.#listeners.get(name);
    if (running !== undefined) return running.update(backends, affinitySeconds);
    const balancer = new Balancer(backends, affinitySeconds);
    const kind = protocol === 'tcp' ? TcpListener : UdpListener;
    try {
      this.#listeners.set(name, await kind.listen(address, port, balancer, this.logger));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#failed.set(name, reason);
      this.logger.warn({ service: wanted.service, socket: name, reason }, 'a service port can not be listened on');
    }
  }

  #sayWhatIsMissing(): void {
    const reason = this.loopback.refusal('IPv4') ?? this.loopback.refusal('IPv6');
    if (reason === undefined || this.#saidRefused) return;
    this.#saidRefused = true;
    this.logger.warn(
      { reason },
      'cluster IPs are not reachable from this machine: it takes the right to add addresses. Node ports are.',
    );
  }
}
