import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionRefused } from '@shiplog/bus';
import { JoinRequest, RenewRequest } from '@shiplog/contracts';
import { isDue } from '@shiplog/pki';
import { Cluster } from '../cluster';
import { OwnNats } from '../nats/nats';
import { settingsFrom } from '../settings';
import { findTool } from '../system/tools';
import { JoinDesk } from './join-desk';
import { becomeMember, connectAgent, keptMembership, renewCertificates } from './membership';
import { decodeToken, type JoinToken } from './token';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('machines that join', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-join-'));
  const told: string[] = [];
  const clusterAt = (name: string) => {
    const settings = settingsFrom({ SHIPLOG_HOME: join(folder, name), SHIPLOG_SLOT: '6' });
    const cluster = new Cluster(settings, (sentence) => told.push(sentence));
    cluster.home.make();
    return cluster;
  };
  const master = clusterAt('master');
  let nats: OwnNats;
  let desk: JoinDesk;

  beforeAll(async () => {
    const path = findTool('nats-server');
    if (path === undefined) throw new Error('there is no nats-server on the PATH');
    master.mode = { kind: 'own-engine', dockerHost: 'unix:///none' };
    nats = await OwnNats.start(master, { kind: 'program', path });
    desk = new JoinDesk(master, nats, (await master.health()).bus);
  });
  afterAll(async () => {
    desk.close();
    await master.close();
    await master.registry.stop(() => undefined);
    rmSync(folder, { recursive: true });
  });

  const newToken = async (ttlMs = HOUR_MS): Promise<JoinToken> => decodeToken(await desk.issueToken(ttlMs));
  /** What refuses a machine. */
  const refusal = (machine: Cluster, token: JoinToken, node: string): Promise<unknown> =>
    becomeMember(machine, token, node).then(
      () => undefined,
      (error: unknown) => error,
    );

  it('get credentials of their own by a token, which are let in', async () => {
    const machine = clusterAt('rack-1');
    expect(keptMembership(machine)).toBeUndefined();
    const membership = await becomeMember(machine, await newToken(), 'rack-1');
    expect(keptMembership(machine)).toEqual(membership);
    expect(membership).toMatchObject({ node: 'rack-1', natsUrl: master.natsUrl });
    for (const role of ['kubelet', 'network', 'proxy'] as const) {
      const { seedFile, keyFile } = machine.natsAccess.files({ role, name: 'rack-1' });
      expect([seedFile, keyFile].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
      await (await connectAgent(machine, membership, role)).close();
    }
    expect(told).toContain('machine rack-1 joined');
    expect(readFileSync(master.home.at('nats', 'roster.json'), 'utf8')).not.toMatch(/\bSU[A-Z2-7]{50,}/);
  });

  it('have used their token up: another machine is not let in by it', async () => {
    const token = await newToken();
    await becomeMember(clusterAt('rack-2'), token, 'rack-2');
    expect(String(await refusal(clusterAt('thief'), token, 'thief'))).toContain(
      `the token ${token.id} was used already`,
    );
    expect(existsSync(join(folder, 'thief', 'membership.json'))).toBe(false);
  });

  it('cannot take the name of one that has joined, or of the master’s own; the token stays good for another', async () => {
    const token = await newToken();
    await becomeMember(clusterAt('rack-3'), await newToken(), 'rack-3');
    const machine = clusterAt('rack-4');
    for (const name of ['rack-3', 'minion-1'])
      expect(await refusal(machine, token, name)).toMatchObject({ status: { code: 409 } });
    expect((await becomeMember(machine, token, 'rack-4')).node).toBe('rack-4');
  });

  it('are refused a name that is none', async () => {
    expect(String(await refusal(clusterAt('bad'), await newToken(), '../etc'))).toContain('must be the name of a node');
  });

  it('are not let in by a token whose time is over', async () => {
    const token = await newToken(1);
    await nats.reload();
    expect(await refusal(clusterAt('late'), token, 'late')).toBeInstanceOf(Error);
    expect(existsSync(join(folder, 'late', 'membership.json'))).toBe(false);
  });

  it('are given no certificate for anything but a request', async () => {
    const machine = clusterAt('rack-5');
    const membership = await becomeMember(machine, await newToken(), 'rack-5');
    const bus = await connectAgent(machine, membership, 'proxy');
    const asked = bus.ask(RenewRequest, { csr: 'garbage' }, { role: 'proxy', name: 'rack-5' });
    await expect(asked).rejects.toMatchObject({ status: { code: 400 } });
    await bus.close();
  });

  it('may neither join others nor renew another’s certificate with what they have', async () => {
    const machine = clusterAt('rack-6');
    const membership = await becomeMember(machine, await newToken(), 'rack-6');
    const bus = await connectAgent(machine, membership, 'kubelet');
    const renewal = bus.ask(RenewRequest, { csr: 'x' }, { role: 'kubelet', name: 'rack-1' }, { timeoutMs: 500 });
    await expect(renewal).rejects.toThrow();
    const joining = bus.ask(JoinRequest, { node: 'more', agents: [] }, { token: 'any' }, { timeoutMs: 500 });
    await expect(joining).rejects.toThrow();
    await bus.close();
  });

  it('have what is due certified anew, under the same key of the bus, and nothing before that', async () => {
    const machine = clusterAt('rack-7');
    const membership = await becomeMember(machine, await newToken(), 'rack-7');
    const { certFile, seedFile } = machine.natsAccess.files({ role: 'kubelet', name: 'rack-7' });
    const [seed, certificate] = [seedFile, certFile].map((file) => readFileSync(file, 'utf8'));
    expect(await renewCertificates(machine, membership)).toEqual([]);
    const clock = jest.spyOn(Date, 'now').mockReturnValueOnce(Date.now() + 61 * DAY_MS);
    expect(await renewCertificates(machine, membership).finally(() => clock.mockRestore())).toEqual(['kubelet']);
    expect(readFileSync(seedFile, 'utf8')).toBe(seed);
    expect(readFileSync(certFile, 'utf8')).not.toBe(certificate);
    expect(isDue(readFileSync(certFile, 'utf8'), Date.now())).toBe(false);
    await (await connectAgent(machine, membership, 'kubelet')).close();
  });

  it('are shut out once they are forgotten, and their name is free', async () => {
    const machine = clusterAt('rack-8');
    const membership = await becomeMember(machine, await newToken(), 'rack-8');
    expect(await desk.forget('rack-8')).toBe(true);
    await expect(connectAgent(machine, membership, 'kubelet', 500)).rejects.toBeInstanceOf(ConnectionRefused);
    expect(await desk.forget('rack-8')).toBe(false);
    expect(await desk.forget('minion-1')).toBe(false);
    await becomeMember(clusterAt('rack-8b'), await newToken(), 'rack-8');
  });
});
