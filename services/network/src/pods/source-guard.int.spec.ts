import { listTables, runProgram } from '@shiplog/hostnet';
import { Namespace } from '@shiplog/testing';
import { pino } from 'pino';
import { hostInterface } from '../domain/names';
import { sourceTable } from '../domain/source-rules';
import { observe } from '../overlay/observe';
import { OverlaySync } from '../overlay/overlay-sync';
import { LivePod } from '../policies/testing/live-pod';
import { aNode } from '../testing/builders';
import { PodInterfaces } from './pod-interfaces';
import { removeSourceRules, SourceGuard } from './source-guard';

const logger = pino({ level: 'silent' });
const NODE = 'minion-1';
const CIDRS = { clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', nodeCidrPrefix: 24 };
const CONFIG = {
  nodeName: NODE,
  role: 'node',
  backend: 'host-gw',
  podMtu: 0,
  nodeIp: '',
  underlayInterface: '',
} as const;
/** Nobody's. */
const FORGED = '10.244.1.99';
/** Asks by UDP from an address of the sender's choice. */
const ASK = `const [from, to] = process.argv.slice(1);
const socket = require('dgram').createSocket('udp4').on('message', () => end('answered')).on('error', (e) => end(e.code));
const end = (text) => { console.log(text); process.exit(); };
setTimeout(() => end('nothing'), 500);
socket.bind(0, from, () => socket.send('x', 53, to));`;

/** A minion with two pods, of which the first has taken another address beside its own. */
let minion: Namespace;
let guard: SourceGuard;
let interfaces: PodInterfaces;
const pods: LivePod[] = [];
const ips: string[] = [];

beforeAll(async () => {
  minion = await Namespace.make(`slsg-${process.pid.toString(36)}`);
  await minion.ip('link add eth0 type dummy', 'link set eth0 up').catch(() => minion.ip('link add eth0 type bridge'));
  await minion.ip('address add 172.30.0.11/24 dev eth0', 'link set eth0 up', 'route add default dev eth0');
  const sync = new OverlaySync({ ...CONFIG, ...CIDRS, natsUrl: 'nats://192.0.2.1' }, minion.network, logger);
  const outcome = await sync.run([aNode(1)]);
  if (outcome.state !== 'done') throw new Error(outcome.reason);
  guard = new SourceGuard(NODE, minion.network, logger);
  interfaces = new PodInterfaces({ podCidr: outcome.podCidr, mtu: 1500 }, minion.network, logger, [guard]);
  for (const name of ['a', 'b']) await connect(name);
  await pods[1]?.listen({ udp: [53] });
  await inPod(0, 'ip', 'address', 'add', `${FORGED}/24`, 'dev', 'eth0');
});

afterAll(async () => {
  for (const pod of pods) pod.stop();
  await minion.remove();
});

async function connect(name: string): Promise<void> {
  const pod = await LivePod.start();
  pods.push(pod);
  ips.push((await interfaces.attach({ uid: `uid-${name}`, namespace: 'd', name, pid: pod.pid })).ip);
}

const inPod = (n: number, program: string, ...args: string[]) =>
  runProgram('nsenter', [`--net=/proc/${pods[n]?.pid}/ns/net`, program, ...args]);
const ask = async (from: string, n = 0) => (await inPod(n, process.execPath, '-e', ASK, from, ips[1] ?? '')).trim();
const dropped = async () => {
  const listed = await minion.run('nft', ['list', 'table', ...sourceTable(NODE).split(' ')]);
  return Number(/counter packets (\d+)/.exec(listed)?.[1]);
};

describe('a pod that can send what it likes', () => {
  it('is not heard under an address that is not its own, and under its own as before', async () => {
    await removeSourceRules(NODE, minion.network);
    expect(await ask(FORGED)).toBe('answered');
    await guard.start('10.244.1.0/24', interfaces.connected());
    expect(await ask(FORGED)).toBe('nothing');
    expect(await dropped()).toBeGreaterThan(0);
    expect(await ask(ips[0] ?? '')).toBe('answered');
  });

  it('is not heard from another interface than its own, so that it draws nobody’s packets to itself', async () => {
    const own = JSON.parse(await inPod(0, 'ip', '-j', 'link', 'show', 'eth0')) as { address: string }[];
    await inPod(0, 'ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:99');
    expect(await ask(ips[0] ?? '')).toBe('nothing');
    await inPod(0, 'ip', 'link', 'set', 'eth0', 'address', own[0]?.address ?? '');
    expect(await ask(ips[0] ?? '')).toBe('answered');
  });

  it('is held to it from its first packet on, also when a pod was there before under that interface', async () => {
    await connect('c');
    await inPod(2, 'ip', 'address', 'add', `${FORGED}/24`, 'dev', 'eth0');
    expect([await ask(FORGED, 2), await ask(ips[2] ?? '', 2)]).toEqual(['nothing', 'answered']);
    await interfaces.detach('uid-c');
    const pod = pods[2];
    const again = await interfaces.attach({ uid: 'uid-c', namespace: 'd', name: 'c', pid: pod?.pid ?? 0 });
    expect(await ask(again.ip, 2)).toBe('answered');
  });

  it('is held to it again after somebody has taken the rules away, and is as after a restart of the agent', async () => {
    expect(guard.stands(await listTables(minion.network))).toBe(true);
    await minion.run('nft', ['flush', 'ruleset']);
    expect(guard.stands(await listTables(minion.network))).toBe(false);
    expect(await ask(FORGED)).toBe('answered');
    await guard.verify();
    expect([await ask(FORGED), await ask(ips[0] ?? '')]).toEqual(['nothing', 'answered']);
    // An earlier version's ports have no group, and somebody may take it away.
    const free = () => minion.ip(`link set dev ${hostInterface('uid-a')} group default`);
    await free();
    const later = new PodInterfaces({ podCidr: '10.244.1.0/24', mtu: 1500 }, minion.network, logger);
    await later.recover(await observe(minion.network), () => []);
    const next = new SourceGuard(NODE, minion.network, logger);
    await next.start('10.244.1.0/24', later.connected());
    expect([await ask(FORGED), await ask(ips[0] ?? '')]).toEqual(['nothing', 'answered']);
    await free();
    await later.mend((await observe(minion.network)).links, 1500);
    expect([await ask(FORGED), await ask(ips[0] ?? '')]).toEqual(['nothing', 'answered']);
  });
});
