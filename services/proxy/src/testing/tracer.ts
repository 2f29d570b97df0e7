import { BlockList, isIPv6 } from 'node:net';
import { chain, collection, parseElements, type Ruleset } from '@shiplog/testing';

/** The first packet of a connection; addresses of IPv6 are in canonical form. */
export interface Packet {
  readonly from: 'network' | 'process';
  readonly saddr: string;
  readonly daddr: string;
  readonly dport: number;
  readonly proto: 'tcp' | 'udp' | 'sctp';
}

/** Where a packet ended up. `source`: what the receiver sees, `node` when masqueraded. */
export interface Outcome {
  readonly verdict: 'delivered' | 'forwarded' | 'dropped' | 'reset' | 'unreachable';
  readonly to: string;
  readonly source: string;
  /** What a tunnel or another table would see of it. */
  readonly mark: number;
}

export interface World {
  /** The node's own addresses. */
  readonly local: readonly string[];
  /** Decides `numgen random mod n`. */
  readonly random: (n: number) => number;
}

type Verdict = 'accept' | 'drop' | 'return' | 'reset' | 'unreachable' | { jump: string } | { goto: string };
type Step = boolean | Verdict;

/** Walks a packet through a ruleset, hook after hook. A rule that it doesn't know is an error, never a pass. */
export class Tracer {
  constructor(
    private readonly ruleset: Ruleset,
    private readonly world: World,
  ) {}

  trace(packet: Packet): Outcome {
    return new Walk(this.ruleset, this.world, packet).run();
  }
}

class Walk {
  #daddr: string;
  #dport: number;
  #translated = false;
  #mark = 0;
  #priority = 'some';
  #masqueraded = false;

  constructor(
    private readonly ruleset: Ruleset,
    private readonly world: World,
    private readonly packet: Packet,
  ) {
    this.#daddr = packet.daddr;
    this.#dport = packet.dport;
  }

  run(): Outcome {
    for (const hook of this.#hooks()) {
      const verdict = this.#hook(hook);
      if (verdict !== 'accept') return this.#outcome(verdict === 'drop' ? 'dropped' : verdict);
    }
    return this.#outcome(this.#isLocal(this.#daddr) ? 'delivered' : 'forwarded');
  }

  *#hooks(): Generator<string> {
    yield this.packet.from === 'network' ? 'prerouting' : 'output';
    const local = this.#isLocal(this.#daddr);
    if (this.packet.from === 'network') yield local ? 'input' : 'forward';
    if (!local) yield 'postrouting';
  }

  #outcome(verdict: Outcome['verdict']): Outcome {
    return {
      verdict,
      to: isIPv6(this.#daddr) ? `[${this.#daddr}]:${this.#dport}` : `${this.#daddr}:${this.#dport}`,
      source: this.#masqueraded ? 'node' : this.packet.saddr,
      mark: this.#mark,
    };
  }

  #hook(at: string): 'accept' | 'drop' | 'reset' | 'unreachable' {
    const bases = [...this.ruleset.chains]
      .filter(([, item]) => item.hook?.at === at)
      .sort(([, a], [, b]) => (a.hook?.priority ?? 0) - (b.hook?.priority ?? 0));
    for (const [name] of bases) {
      const verdict = this.#chain(name);
      if (verdict === 'drop' || verdict === 'reset' || verdict === 'unreachable') return verdict;
    }
    return 'accept';
  }

  /** undefined: the end was reached, so the caller's next rule is. */
  #chain(name: string): 'accept' | 'drop' | 'reset' | 'unreachable' | undefined {
    for (const rule of chain(this.ruleset, name).rules) {
      const verdict = this.#rule(rule);
      if (verdict === undefined) continue;
      if (verdict === 'return') return undefined;
      if (typeof verdict === 'string') return verdict;
      if ('goto' in verdict) return this.#chain(verdict.goto);
      const inner = this.#chain(verdict.jump);
      if (inner !== undefined) return inner;
    }
    return undefined;
  }

  #rule(rule: string): Verdict | undefined {
    let rest = rule;
    while (rest !== '') {
      const found = this.#steps()
        .map(([pattern, step]) => ({ step, match: pattern.exec(rest) }))
        .find((item) => item.match);
      if (found === undefined || found.match === null)
        throw new Error(`a rule that the tracer does not know: ${rest} (in ${rule})`);
      const result = found.step(found.match);
      if (result === false) return undefined;
      if (result !== true) return result;
      rest = rest.slice(found.match[0].length).trimStart();
    }
    return undefined;
  }

  #steps(): [RegExp, (match: RegExpExecArray) => Step][] {
    return [
      [/^(accept|drop|return)$/, ([, word]) => word as Verdict],
      [/^jump (\S+)$/, ([, name]) => ({ jump: name ?? '' })],
      [/^goto (\S+)$/, ([, name]) => ({ goto: name ?? '' })],
      [/^reject with tcp reset$/, () => 'reset'],
      [/^reject with icmp(?:v6)? port-unreachable$/, () => 'unreachable'],
      [/^masquerade fully-random$/, () => this.#masquerade()],
      [/^dnat ip6? to (.+) map @(\S+)$/, ([, key, map]) => this.#dnat(this.#lookup(key, map))],
      [/^update @(\S+) \{ (.+) timeout \d+s(?: : (\S+))? \}$/, ([, map, key, value]) => this.#update(map, key, value)],
      [/^delete @(\S+) \{ (.+) : \S+ \}$/, ([, map, key]) => this.#delete(map, key)],
      [/^meta priority set (none|[\da-f]+:[\da-f]+)(?= |$)/, ([, value]) => this.#setPriority(value)],
      [/^meta priority set (ip6? .+) map @(\S+)/, ([, key, map]) => this.#setPriority(this.#lookup(key, map))],
      [
        /^meta priority vmap \{ (.*) \}$/,
        ([, list]) => asVerdict(new Map(parseElements(list ?? '')).get(this.#priority)),
      ],
      [/^numgen random mod (\d+) vmap \{ (.*) \}$/, ([, n, list]) => this.#choose(Number(n), list ?? '')],
      [/^ct state new\b/, () => true],
      [/^ct status dnat\b/, () => this.#translated],
      [/^meta mark set meta mark \| (\d+)/, ([, bit]) => this.#setMark(this.#mark | Number(bit))],
      [/^meta mark set meta mark & (\d+)/, ([, mask]) => this.#setMark(this.#mark & Number(mask))],
      [/^meta mark & (\d+) != 0/, ([, bit]) => (this.#mark & Number(bit)) !== 0],
      [/^iif != "lo"/, () => this.packet.from === 'network'],
      [/^fib daddr type local/, () => this.#isLocal(this.#daddr)],
      [/^fib saddr type != local/, () => !this.#isLocal(this.packet.saddr)],
      [/^meta l4proto (tcp|udp|sctp)\b/, ([, proto]) => this.packet.proto === proto],
      [/^ip6? saddr != ([\da-f:]\S+)/, ([, net]) => !within(this.packet.saddr, [net ?? ''])],
      [/^ip6? daddr \{ ([^}]+) \}/, ([, nets]) => within(this.#daddr, (nets ?? '').split(', '))],
      [/^ip6 daddr != (\S+)/, ([, address]) => this.#daddr !== address],
      [/^ip6? daddr ([\da-f:]\S+)/, ([, net]) => within(this.#daddr, [net ?? ''])],
      [/^((?:ip6?|meta|th) [^@{}]+) vmap @(\S+)$/, ([, key, map]) => asVerdict(this.#lookup(key, map))],
      [/^meta priority \. ip6? saddr != @(\S+)/, ([, set]) => !this.#isAllowed(set)],
      [/^(ip6? [^@{}]+) @(\S+)/, ([, key, set]) => this.#lookup(key, set) !== undefined],
    ];
  }

  #lookup(expression = '', name = ''): string | undefined {
    return collection(this.ruleset, name).get(this.#key(expression));
  }

  #key(expression: string): string {
    const values: Record<string, string> = {
      'ip saddr': this.packet.saddr,
      'ip daddr': this.#daddr,
      'ip6 saddr': this.packet.saddr,
      'ip6 daddr': this.#daddr,
      'meta priority': this.#priority,
      'meta l4proto': this.packet.proto,
      'th dport': String(this.#dport),
    };
    const parts = expression.split(' . ').map((part) => values[part]);
    if (parts.includes(undefined)) throw new Error(`an expression that the tracer does not know: ${expression}`);
    return parts.join(' . ');
  }

  /** As in the kernel, what is there only lives on, with the value that it has. */
  #update(map = '', key = '', value = ''): Step {
    const elements = collection(this.ruleset, map);
    if (!elements.has(this.#key(key))) elements.set(this.#key(key), value);
    return true;
  }

  #delete(map = '', key = ''): Step {
    collection(this.ruleset, map).delete(this.#key(key));
    return true;
  }

  #isAllowed(set = ''): boolean {
    return [...collection(this.ruleset, set).keys()].some((key) => {
      const [priority, network = ''] = key.split(' . ');
      return priority === this.#priority && within(this.packet.saddr, [network]);
    });
  }

  #setPriority(value: string | undefined): Step {
    if (value === undefined) return false;
    this.#priority = value;
    return true;
  }

  #choose(n: number, list: string): Step {
    const verdict = new Map(parseElements(list)).get(String(this.world.random(n)));
    if (verdict === undefined) throw new Error(`numgen mod ${n} has no verdict for a value`);
    return asVerdict(verdict);
  }

  #dnat(target: string | undefined): Step {
    if (target === undefined) return false;
    const [ip = '', port = ''] = target.split(' . ');
    this.#daddr = ip;
    this.#dport = Number(port);
    this.#translated = true;
    return 'accept';
  }

  #setMark(mark: number): Step {
    this.#mark = mark;
    return true;
  }

  #masquerade(): Step {
    this.#masqueraded = true;
    return 'accept';
  }

  #isLocal(address: string): boolean {
    return within(address, ['127.0.0.0/8', '::1']) || this.world.local.includes(address);
  }
}

function asVerdict(text: string | undefined): Step {
  if (text === undefined) return false;
  if (text === 'drop') return 'drop';
  const name = /^goto (\S+)$/.exec(text)?.[1];
  if (name === undefined) throw new Error(`a verdict that the tracer does not know: ${text}`);
  return { goto: name };
}

function within(address: string, networks: readonly string[]): boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', prefix] = network.split('/');
    list.addSubnet(base, Number(prefix ?? (isIPv6(base) ? 128 : 32)), isIPv6(base) ? 'ipv6' : 'ipv4');
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
