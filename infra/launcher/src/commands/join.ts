import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { cidrContains, parseCidr, parseIp } from '@shiplog/apimachinery';
import { StatusError, type Node } from '@shiplog/contracts';
import { Cluster } from '../cluster';
import { machineEngine } from '../engines/machine-engine';
import { LauncherFailure, sentenceOf } from '../failure';
import {
  becomeMember,
  connectAgent,
  keepMembership,
  keptMembership,
  renewCertificates,
  type Membership,
} from '../join/membership';
import { decodeToken, type JoinToken } from '../join/token';
import { RANK } from '../processes/registry';
import { startService, type ServiceSpec } from '../services/service-process';
import { podNetworkEnv } from '../services/service-specs';
import type { LauncherSettings } from '../settings';
import { run } from '../system/run';
import { ensureTools, isRoot } from '../system/tools';
import { ensureWireguard } from '../underlay/wireguard';
import { whenAskedToStop } from './start';

const TOOLS = { ip: 'iproute2', nft: 'nftables', nsenter: 'util-linux', arping: 'iputils-arping' };
const READY_MS = 90_000;
const HOUR_MS = 3_600_000;

export interface JoinFlags {
  /** The node's name; default: the machine's. */
  readonly name?: string;
  /** The address at which other nodes reach it, or one of each family with a comma between; default: the one by which it reaches the master. */
  readonly ip?: string;
}

/** Makes this machine a minion of a cluster, and runs its three agents until Ctrl-C. A machine that has joined needs no token. */
export async function join(settings: LauncherSettings, word: string | undefined, flags: JoinFlags): Promise<void> {
  const cluster = new Cluster(settings, (sentence) => void process.stdout.write(`  ! ${sentence}\n`));
  // Before anything is installed.
  const token = tokenOf(cluster, word);
  if (!isRoot() || process.platform !== 'linux')
    throw new LauncherFailure(
      'A minion writes routes and rules into the kernel: it needs Linux and root.',
      'sudo npm run join',
    );
  const say = (text: string): void => void process.stdout.write(`  ${text}\n`);
  await ensureTools(TOOLS, 'a minion joins the pod network', say);
  const runtime = settings.runtimes?.[0] ?? keptMembership(cluster)?.runtime ?? 'docker';
  const engine = await machineEngine(cluster, runtime, say);
  cluster.home.make();
  const membership = token === undefined ? keptOf(cluster) : await joined(cluster, token, flags);
  cluster.natsUrl = membership.natsUrl;
  const nodeIp = flags.ip ?? (await addressTowards(new URL(membership.natsUrl).hostname));
  const backend = settings.backend ?? membership.backend;
  if (backend === 'wireguard') await ensureWireguard(say);
  if (backend === 'host-gw') mustShareLink(membership, nodeIp);
  await routeToUnderlay(membership, cluster);
  keepMembership(cluster, { ...membership, runtime });
  const runtimeEnv = await engine.start(membership.node);
  for (const spec of agentSpecs(cluster, { ...membership, backend }, { runtimeEnv, nodeIp }))
    await startService(cluster, spec);
  const asked = whenAskedToStop();
  const timer = setInterval(() => void renew(cluster, membership), HOUR_MS);
  try {
    await Promise.race([untilReady(cluster, membership), asked]);
    process.stdout.write(`  ✓ ${membership.node} is a minion, at ${nodeIp}\n`);
    await asked;
  } finally {
    clearInterval(timer);
    process.stdout.write('\n  Stopping; pods go on until the agents are back, or the node is given up.\n');
    await cluster.registry.stop((text) => process.stdout.write(`  - ${text}\n`));
  }
  process.exit(0);
}

/** The token of a word; undefined when there is none, and none is needed since this machine has joined. */
function tokenOf(cluster: Cluster, word: string | undefined): JoinToken | undefined {
  if (word === undefined) return void keptOf(cluster);
  try {
    return decodeToken(word);
  } catch (error) {
    throw couldNotJoin(error);
  }
}

function keptOf(cluster: Cluster): Membership {
  const kept = keptMembership(cluster);
  if (kept !== undefined) return kept;
  throw new LauncherFailure('This machine has not joined a cluster yet.', 'npm run token, on the master');
}

async function joined(cluster: Cluster, token: JoinToken, { name }: JoinFlags): Promise<Membership> {
  try {
    return await becomeMember(cluster, token, name ?? hostname().toLowerCase());
  } catch (error) {
    if (error instanceof StatusError && error.status.code === 409)
      throw new LauncherFailure(sentenceOf(error), 'npm run join -- TOKEN --name ANOTHER');
    throw couldNotJoin(error);
  }
}

function couldNotJoin(error: unknown): LauncherFailure {
  return new LauncherFailure(`Could not join: ${sentenceOf(error)}.`, 'npm run token, on the master, for a new one');
}

function agentSpecs(
  cluster: Cluster,
  { node, clusterCidr, serviceCidr, clusterDns = '', backend }: Membership,
  { runtimeEnv, nodeIp }: { runtimeEnv: ServiceSpec['env']; nodeIp: string },
): ServiceSpec[] {
  const agent = (service: ServiceSpec['service'], env: ServiceSpec['env']): ServiceSpec => ({
    service,
    instance: node,
    rank: RANK.agent,
    env: { NODE_NAME: node, NODE_IP: nodeIp, CLUSTER_CIDR: clusterCidr, SERVICE_CIDR: serviceCidr, ...env },
  });
  return [
    agent('kubelet', {
      ...runtimeEnv,
      STATE_DIR: cluster.home.at('kubelet'),
      IMAGE_DIR: cluster.home.images,
      STATIC_POD_PATH: cluster.home.at('manifests'),
      CLUSTER_DNS: clusterDns,
    }),
    agent('network', podNetworkEnv({ backend, podMtu: cluster.settings.podMtu })),
    agent('proxy', { PROXY_MODE: 'auto' }),
  ];
}

/** This machine's address on the way to another. */
async function addressTowards(host: string): Promise<string> {
  const [route] = JSON.parse(await run('ip', ['-j', 'route', 'get', host])) as { prefsrc?: string }[];
  if (route?.prefsrc !== undefined) return route.prefsrc;
  throw new LauncherFailure(`No route leads to ${host}.`, 'npm run join -- TOKEN --ip ADDRESS');
}

/** Plain routes lead to neighbours only, and the master's own minions have none but each other. */
function mustShareLink({ underlayCidr }: Membership, nodeIp: string): void {
  const [cidr, ip] = [parseCidr(underlayCidr), parseIp(nodeIp.split(',')[0] ?? '')];
  if (cidr !== undefined && ip !== undefined && cidrContains(cidr, ip)) return;
  throw new LauncherFailure(
    `The cluster's pods meet by plain routes (host-gw), and ${nodeIp} is not on the link of its minions, ${underlayCidr}.`,
    'npm start -- --backend vxlan (or wireguard), on the master; then npm run join -- --backend vxlan here',
  );
}

/** The master's own minions are on a network behind the master. */
async function routeToUnderlay({ underlayCidr, natsUrl }: Membership, cluster: Cluster): Promise<void> {
  const master = new URL(natsUrl).hostname;
  const prefix = underlayCidr.split('.').slice(0, 3).join('.');
  if (master.startsWith(`${prefix}.`)) return; // It is reached through that network already.
  await run('ip', ['route', 'replace', underlayCidr, 'via', master]).catch((error: unknown) => {
    cluster.tell(`no route to ${underlayCidr}, where the master's own minions are: ${sentenceOf(error)}`);
  });
}

/** Until the cluster says that the node is ready: seen with the kubelet's own eyes. */
async function untilReady(cluster: Cluster, membership: Membership): Promise<void> {
  const bus = await connectAgent(cluster, membership, 'kubelet');
  try {
    for (const until = Date.now() + READY_MS; Date.now() < until; await wait(500)) {
      const channels = [{ resource: 'nodes', node: membership.node }];
      for await (const { objects } of bus.state({ channels })) {
        if (objects.some(({ object }) => isReady(object as Node))) return;
      }
    }
    cluster.tell(`${membership.node} is not ready yet; its logs are in ${cluster.home.at('logs')}`);
  } finally {
    await bus.close();
  }
}

function isReady({ status }: Node): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}

async function renew(cluster: Cluster, membership: Membership): Promise<void> {
  try {
    const roles = await renewCertificates(cluster, membership);
    if (roles.length > 0) cluster.tell(`renewed the certificates of ${roles.join(', ')}`);
  } catch (error) {
    cluster.tell(`certificates could not be renewed, trying again in an hour: ${sentenceOf(error)}`);
  }
}
