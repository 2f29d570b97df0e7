import type { HostNetwork } from '@shiplog/hostnet';
import { pino } from 'pino';
import { planServicePorts } from '../domain/plan-service-ports';
import type { ServicePort } from '../domain/service-port';
import { serve } from '../proxy-backend';
import { aService, anEndpoint, aSlice } from '../testing/builders';
import { LoopbackAddresses } from '../userspace/loopback-addresses';
import { UserspaceBackend } from '../userspace/userspace-backend';
import { NftablesBackend } from './nftables-backend';

const OPTIONS = {
  table: 'shiplog_proxy_n1',
  clusterCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  nodePortAddresses: [],
};
const EVIL = '80; evil\nEND-OF-INPUT\ntouch /evil\n';

/** A host network that keeps what it is told. */
class Recorder implements HostNetwork {
  readonly told: string[] = [];

  run(program: string, args: readonly string[], input = ''): Promise<string> {
    this.told.push([program, ...args, input].join(' '));
    return Promise.resolve('');
  }

  script(script: string): Promise<string> {
    return this.run('sh', [], script);
  }

  follow(): { stop(): void } {
    return { stop: () => undefined };
  }

  async setting(): Promise<void> {
    await Promise.resolve();
  }

  netlink(): Promise<Buffer> {
    return Promise.resolve(Buffer.alloc(0));
  }
}

const endpoints = [aSlice('web', [anEndpoint('10.244.1.2')])];
const good = planServicePorts(aService('web', { type: 'NodePort' }), endpoints, { name: 'n1' })[0] as ServicePort;
const spread = (backend: object) => ({ kind: 'spread', backends: [backend] });

/** Everything that a hostile service or slice could put where a number or an address belongs. */
const hostile: [string, object][] = [
  ['family', { family: 'ip6 x { } ; add table ip' }],
  ['family is another than its addresses’', { family: 'IPv6' }],
  ['address of IPv6', { family: 'IPv6', clusterIP: 'fd00::1 }; flush ruleset' }],
  ['port', { port: EVIL }],
  ['port out of range', { port: 70_000 }],
  ['broken port', { port: 80.5 }],
  ['protocol', { protocol: 'tcp . 80 : drop, udp' }],
  ['cluster IP', { clusterIP: '10.96.0.9 }\nflush ruleset' }],
  ['node port', { nodePort: EVIL }],
  ['node port below zero', { nodePort: -1 }],
  ['external IP', { externalIPs: ['1.2.3.4 . tcp'] }],
  ['impossible external IP', { externalIPs: ['999.1.1.1'] }],
  ['network of a client', { restricted: { addresses: ['1.2.3.4'], sources: ['10.0.0.0/8 }; flush ruleset'] } }],
  ['address for some clients', { restricted: { addresses: ['1.2.3.4 . tcp'], sources: [] } }],
  ['own address', { own: [EVIL] }],
  ['affinity', { affinitySeconds: '60s }; flush ruleset' }],
  ['backend address', { internal: spread({ ip: '10.0.0.1 }', port: 80 }) }],
  ['backend port', { external: spread({ ip: '10.0.0.1', port: EVIL }) }],
  ['backend for outside', { outside: spread({ ip: 'localhost', port: 80 }) }],
];

describe.each(hostile)('a service whose %s is hostile', (_, fields) => {
  const warned: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void warned.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = pino({ level: 'warn' }, stream);
  const bad = { ...good, key: 'default/bad:', ...fields } as ServicePort;
  beforeEach(() => warned.splice(0));

  it('does not reach the kernel’s rules; it is said, and the others are served', async () => {
    const network = new Recorder();
    const backend = new NftablesBackend(OPTIONS, logger, network);
    serve(backend, 'default/bad', () => [{ ...good, key: 'default/bad:', clusterIP: '10.96.0.77' }], logger);
    serve(backend, 'default/web', () => [good], logger);
    await backend.sync();
    expect(network.told.join('\n')).toContain('10.96.0.77');
    serve(backend, 'default/bad', () => [bad], logger);
    await backend.sync();
    expect(backend.services()).toEqual(['default/web']);
    expect(network.told.join('\n')).not.toMatch(/evil|flush ruleset|\b70000\b|\b80\.5\b|localhost|999\./);
    expect(network.told.at(-1)).toMatch(/delete element .* 10\.96\.0\.77 \. tcp \. 80/);
    expect(warned).toMatchObject([{ service: 'default/bad', msg: 'a service is not served' }]);
  });

  it('does not become an address or a socket', async () => {
    const network = new Recorder();
    const backend = new UserspaceBackend({ addresses: [] }, logger, new LoopbackAddresses(network));
    serve(backend, 'default/bad', () => [bad], logger);
    await backend.sync();
    expect(backend.services()).toEqual([]);
    expect(network.told).toEqual([]);
    expect(warned).toHaveLength(1);
  });
});

describe('an object that can not even be planned', () => {
  it('is not served, and said', () => {
    const backend = new NftablesBackend(OPTIONS, pino({ level: 'silent' }), new Recorder());
    const service = aService('web', { ports: [{ port: 80, protocol: 7 as never }] });
    serve(
      backend,
      'default/web',
      () => planServicePorts(service, endpoints, { name: 'n1' }),
      pino({ level: 'silent' }),
    );
    expect(backend.services()).toEqual([]);
  });
});
