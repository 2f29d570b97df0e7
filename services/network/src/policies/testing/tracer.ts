import { BlockList } from 'node:net';
import { chain, collection, type Ruleset } from '@shiplog/testing';

/** The first packet of a connection, translated already, that is forwarded. `dport`: of protocols with ports. */
export interface Packet {
  readonly saddr: string;
  readonly daddr: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp';
  readonly dport: number;
}

type Verdict = 'accept' | 'drop' | 'return' | { jump: string } | { goto: string };
type Step = boolean | Verdict;

/** Whether a packet gets through all base chains of a ruleset. A rule that it doesn't know is an error, never a pass. */
export function passes(ruleset: Ruleset, packet: Packet): boolean {
  const bases = [...ruleset.chains].flatMap(([name, { hook }]) => (hook === undefined ? [] : [{ name, hook }]));
  bases.sort((a, b) => a.hook.priority - b.hook.priority);
  return bases.every(({ name, hook }) => (new Walk(ruleset, packet).chain(name) ?? hook.policy) === 'accept');
}

class Walk {
  constructor(
    private readonly ruleset: Ruleset,
    private readonly packet: Packet,
  ) {}

  /** Undefined at the end of the chain, or after a return. */
  chain(name: string): 'accept' | 'drop' | undefined {
    for (const rule of chain(this.ruleset, name).rules) {
      const verdict = this.#rule(rule);
      if (verdict === undefined) continue;
      if (verdict === 'return') return undefined;
      if (typeof verdict === 'string') return verdict;
      if ('goto' in verdict) return this.chain(verdict.goto);
      const inner = this.chain(verdict.jump);
      if (inner !== undefined) return inner;
    }
    return undefined;
  }

  #rule(rule: string): Verdict | undefined {
    for (let rest = rule; rest !== '';) {
      const found = this.#steps()
        .map(([pattern, step]) => ({ step, match: pattern.exec(rest) }))
        .find(({ match }) => match !== null);
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
    const { protocol, dport } = this.packet;
    return [
      [/^(accept|drop|return)$/, ([, word]) => word as Verdict],
      [/^jump (\S+)$/, ([, name]) => ({ jump: name ?? '' })],
      [/^goto (\S+)$/, ([, name]) => ({ goto: name ?? '' })],
      [/^ct state established,related\b/, () => false],
      [/^meta l4proto \{ ([^}]+) \}/, ([, list]) => (list ?? '').split(', ').includes(protocol)],
      [/^meta l4proto != \{ ([^}]+) \}/, ([, list]) => !(list ?? '').split(', ').includes(protocol)],
      [/^meta l4proto (tcp|udp|sctp)\b/, ([, word]) => word === protocol],
      [
        /^(tcp|udp|sctp) dport (\d+)(?:-(\d+))?/,
        ([, word, from, to = from]) => word === protocol && dport >= Number(from) && dport <= Number(to),
      ],
      [/^update @(\S+) \{ (.+) counter \}/, ([, set, key]) => this.#update(set, key)],
      [/^(ip [sd]addr) (\d\S+)/, ([, field, net]) => within(this.#key(field) ?? '', net ?? '')],
      [/^((?:ip|meta|th) [^@{}]+) vmap @(\S+)$/, ([, key, map]) => this.#verdict(this.#lookup(key, map))],
      [/^(ip [^@{}]+) @(\S+)/, ([, key, set]) => this.#lookup(key, set) !== undefined],
    ];
  }

  #verdict(text: string | undefined): Step {
    if (text === undefined) return false;
    const name = /^goto (\S+)$/.exec(text)?.[1];
    if (name === undefined) throw new Error(`a verdict that the tracer does not know: ${text}`);
    return { goto: name };
  }

  /** Undefined also where the packet has no port. */
  #lookup(expression = '', name = ''): string | undefined {
    const key = this.#key(expression);
    return key === undefined ? undefined : collection(this.ruleset, name).get(key);
  }

  #update(set = '', expression = ''): Step {
    const key = this.#key(expression);
    if (key !== undefined) collection(this.ruleset, set).set(key, '');
    return true;
  }

  #key(expression = ''): string | undefined {
    const { saddr, daddr, protocol, dport } = this.packet;
    const values: Record<string, string | undefined> = {
      'ip saddr': saddr,
      'ip daddr': daddr,
      'meta l4proto': protocol,
      'th dport': protocol === 'icmp' ? undefined : String(dport),
    };
    const fields = expression.split(' . ');
    const unknown = fields.find((field) => !Object.hasOwn(values, field));
    if (unknown !== undefined) throw new Error(`an expression that the tracer does not know: ${expression}`);
    return fields.some((field) => values[field] === undefined) ? undefined : fields.map((f) => values[f]).join(' . ');
  }
}

function within(address: string, network: string): boolean {
  const [base = '', prefix = '32'] = network.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(prefix), 'ipv4');
  return list.check(address, 'ipv4');
}
