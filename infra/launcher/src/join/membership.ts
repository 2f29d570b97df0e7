import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connectBus, ConnectionRefused, type Bus } from '@shiplog/bus';
import { addressOf, JoinRequest, RenewRequest, type Identity } from '@shiplog/contracts';
import { isDue, requestFor } from '@shiplog/pki';
import type { Cluster } from '../cluster';
import { makeNkey } from '../nats/nkeys';
import { parseState, readOwn, writeOwn } from '../runtime-folder';
import type { Backend, RuntimeName } from '../settings';
import type { JoinToken } from './token';

const AGENTS = ['kubelet', 'network', 'proxy'] as const;
/** How long the server may take to let in whom the launcher has just told it of. */
const LET_IN_MS = 15_000;

/** What a machine that joined knows of its cluster; kept in its home. */
export interface Membership {
  readonly node: string;
  readonly natsUrl: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  /** Not there in what earlier releases kept. */
  readonly clusterDns?: string;
  /** Where the master's own minions are, behind the master. */
  readonly underlayCidr: string;
  /** How packets reach pods of other nodes; not there where nothing was said of it. */
  readonly backend?: Backend;
  /** What runs the containers of this machine; not there in what earlier releases kept: Docker. */
  readonly runtime?: RuntimeName;
}

/** The membership that an earlier join has left, if there is one. */
export function keptMembership(cluster: Cluster): Membership | undefined {
  return parseState(readOwn(cluster.home.at('membership.json')));
}

/**
 * Makes keys, has them certified by means of a token, and keeps what comes of it.
 * @throws StatusError when it is refused
 */
export async function becomeMember(cluster: Cluster, token: JoinToken, node: string): Promise<Membership> {
  const agents = await Promise.all(
    AGENTS.map(async (role) => ({
      identity: { role, name: node },
      ...makeNkey(),
      ...(await requestFor(addressOf({ role, name: node }))),
    })),
  );
  const granted = await withToken(token, (bus) =>
    bus.ask(
      JoinRequest,
      { node, agents: agents.map(({ identity, nkey, csr }) => ({ role: identity.role, nkey, csr })) },
      { token: token.id },
      { timeoutMs: 30_000 },
    ),
  );
  for (const { identity, seed, key } of agents) {
    const certificate = granted.certificates.find(({ role }) => role === identity.role)?.certificate ?? '';
    cluster.natsAccess.keep(identity, { seed, key, certificate, authority: granted.authority });
  }
  const { clusterCidr, serviceCidr, clusterDns, underlayCidr, backend } = granted;
  const membership = { node, natsUrl: token.url, clusterCidr, serviceCidr, clusterDns, underlayCidr, backend };
  keepMembership(cluster, membership);
  return membership;
}

/** For later joins, which need no token. */
export function keepMembership(cluster: Cluster, membership: Membership): void {
  writeOwn(cluster.home.at('membership.json'), `${JSON.stringify(membership, null, 2)}\n`);
}

/** Connects as one of the node's agents; waits while the server has yet to be told of it. Throws ConnectionRefused. */
export async function connectAgent(
  cluster: Cluster,
  { node, natsUrl }: Membership,
  role: Identity['role'],
  patienceMs = LET_IN_MS,
): Promise<Bus> {
  const identity = { role, name: node };
  const credentials = cluster.natsAccess.files(identity);
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      return await connectBus({ url: natsUrl, name: `${role}/${node}`, identity, credentials, onError, attempts: 5 });
    } catch (error) {
      if (!(error instanceof ConnectionRefused) || Date.now() > until) throw error;
      await wait(250);
    }
  }
}

/** Has the certificates that are due certified anew; answers the roles. The agents read them when they next connect. */
export async function renewCertificates(cluster: Cluster, membership: Membership): Promise<string[]> {
  const renewed: string[] = [];
  for (const role of AGENTS) {
    const identity = { role, name: membership.node };
    const files = cluster.natsAccess.files(identity);
    if (!isDue(readFileSync(files.certFile, 'utf8'), Date.now())) continue;
    const { csr, key } = await requestFor(addressOf(identity));
    const bus = await connectAgent(cluster, membership, role);
    try {
      const { certificate } = await bus.ask(RenewRequest, { csr }, { role, name: membership.node });
      const kept = (file: string): string => readFileSync(file, 'utf8').trim();
      const authority = `${kept(files.caFile)}\n`;
      cluster.natsAccess.keep(identity, { seed: kept(files.seedFile), key, certificate, authority });
      renewed.push(role);
    } finally {
      await bus.close();
    }
  }
  return renewed;
}

/** Works on a connection that a token lets in; its key is in files only as long. */
async function withToken<T>(token: JoinToken, work: (bus: Bus) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path(tmpdir(), 'shiplog-join-'));
  const keep = (name: string, text: string): string => {
    const file = path(folder, name);
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    return file;
  };
  try {
    const bus = await connectBus({
      url: token.url,
      name: `join ${token.id}`,
      identity: { role: 'bootstrap', name: token.id },
      credentials: {
        caFile: keep('ca.crt', token.authority),
        certFile: keep('tls.crt', token.certificate),
        keyFile: keep('tls.key', token.key),
        seedFile: keep('seed.nk', token.seed),
      },
      onError,
      attempts: 5,
    });
    try {
      return await work(bus);
    } finally {
      await bus.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function onError(error: unknown, where: string): void {
  process.stderr.write(`  ! ${where}: ${String(error)}\n`);
}
