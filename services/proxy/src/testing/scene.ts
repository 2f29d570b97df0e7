import type { IpFamily } from '@shiplog/apimachinery';
import type { EndpointSlice, Service } from '@shiplog/contracts';
import { emptyRuleset, runScript, type Ruleset } from '@shiplog/testing';
import { planServicePorts } from '../domain/plan-service-ports';
import { tableOptionsOf } from '../nftables/domain/table-options';
import { TableState } from '../nftables/domain/table-state';
import { ipv4TextOf, ipv6Of } from './ipv6-of';
import { Tracer, type Outcome, type Packet } from './tracer';

/** The node, a pod on it, and a client outside the cluster. */
export const NODE = '172.30.0.11';
export const POD = '10.244.1.7';
export const OUTSIDE = '192.168.1.5';
const OPTIONS = {
  table: 'shiplog_proxy_n1',
  clusterCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  nodePortAddresses: [],
};

/**
 * A node with its table, as it became by each step; changes go through the same scripts as in the kernel. One of IPv6 is
 * told of services and packets, and tells of what became of them, as if they were of IPv4.
 */
export class Scene {
  readonly table: TableState;
  readonly ruleset: Ruleset = emptyRuleset();
  #loaded = false;
  random = 0;

  constructor(private readonly family: IpFamily = 'IPv4') {
    this.table = new TableState(tableOptionsOf(this.#ofFamily(OPTIONS), family));
  }

  with(service: Service, slices: EndpointSlice[]): this {
    const ports = planServicePorts(this.#ofFamily(service), this.#ofFamily(slices), { name: 'n1' });
    this.table.set(`default/${service.metadata.name ?? ''}`, ports);
    return this.sync();
  }

  without(name: string): this {
    this.table.set(`default/${name}`, []);
    return this.sync();
  }

  sync(): this {
    const script = this.#loaded
      ? this.table.takeDefinitions() + this.table.takeChanges().script
      : this.table.takeAll({ anew: false }).script;
    this.#loaded = true;
    runScript(this.ruleset, script);
    return this;
  }

  trace(packet: Partial<Packet>): Outcome {
    const world = { local: this.#ofFamily([NODE]), random: (n: number) => this.random % n };
    const whole: Packet = { from: 'network', proto: 'tcp', saddr: POD, daddr: '10.96.0.10', dport: 80, ...packet };
    const outcome = new Tracer(this.ruleset, world).trace(this.#ofFamily(whole));
    return { ...outcome, to: ipv4TextOf(outcome.to), source: ipv4TextOf(outcome.source) };
  }

  /** Where connections go, over all values of the dice. */
  spread(packet: Partial<Packet>, sides = 12): string[] {
    const found = new Set<string>();
    for (this.random = 0; this.random < sides; this.random++) found.add(this.trace(packet).to);
    this.random = 0;
    return [...found].sort();
  }

  #ofFamily<T>(value: T): T {
    return this.family === 'IPv4' ? value : ipv6Of(value);
  }
}
