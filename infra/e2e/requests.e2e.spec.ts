import { request as httpsRequest } from 'node:https';
import type { Bus } from '@shiplog/bus';
import {
  HistoryQuery,
  PositionQuery,
  subjects,
  type Command,
  type CommandReply,
  type LogEvent,
} from '@shiplog/contracts';
import { JSONCodec } from 'nats';
import { KubeRefused } from '../launcher/src/kube/kube-client';
import { ADMIN } from '../launcher/src/nats/identities';
import { TestCluster } from './support/cluster';
import { GARBAGE, reachableBy } from './support/garbage';

describe('what anybody may send', () => {
  const cluster = new TestCluster();
  let bus: Bus;
  const codec = JSONCodec<unknown>();

  beforeAll(async () => {
    bus = await cluster.bus();
  });
  afterAll(() => cluster.close());

  /** Where the log ends, as the journal says. */
  const position = async (): Promise<number> => (await bus.ask(PositionQuery, {})).position;
  /** What was written for whoever sends here; others go on writing beside it. */
  const writtenSince = async (after: number): Promise<LogEvent[]> => {
    const { events } = await bus.ask(HistoryQuery, { limit: 200 });
    return events.filter((event) => event.position > after && event.actor === ADMIN.name);
  };
  /** A command as its bytes go over NATS, with nothing but a NATS client. */
  const request = async (type: string, command: object): Promise<CommandReply> => {
    const subject = subjects.command(type, bus.principal);
    const reply = await bus.connection.request(subject, codec.encode(command), { timeout: 10_000 });
    return codec.decode(reply.data) as CommandReply;
  };
  const refusal = async (method: string, path: string, body?: unknown): Promise<number> => {
    const error: unknown = await cluster.api.call(method, path, body).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof KubeRefused)) throw new Error(`${method} ${path} was not refused: ${String(error)}`);
    return error.code;
  };

  it('malformed and oversized requests get a clear 4xx, and nothing is logged', async () => {
    const before = await position();
    const pods = '/api/v1/namespaces/default/pods';
    expect(await refusal('POST', pods, '{"kind": "Pod"')).toBe(400);
    expect(await refusal('POST', pods, '[]')).toBe(400);
    expect(await refusal('POST', pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'UPPER' } })).toBe(422);
    expect(await refusal('POST', pods, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } })).toBe(400);
    expect(await refusal('POST', pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 7 } })).toBe(400);
    expect(await refusal('POST', pods, { apiVersion: 'v1', kind: 'Pod', data: 'x'.repeat(4 << 20) })).toBe(413);
    expect(await refusal('GET', '/api/v1/nonsense')).toBe(404);
    expect(await refusal('PATCH', '/api/v1/nodes/minion-1', '}')).toBeGreaterThanOrEqual(400);
    expect(await writtenSince(before)).toEqual([]);
    await cluster.allReady();
  });

  it('without the token only health and version are shown', async () => {
    const ask = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const { hostname, port } = cluster.api.server;
        httpsRequest({ host: hostname, port, path, rejectUnauthorized: false }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
          .once('error', reject)
          .end();
      });
    expect(await ask('/healthz')).toBe(200);
    expect(await ask('/version')).toBe(200);
    expect([401, 403]).toContain(await ask('/api/v1/pods'));
  });

  it('garbage on the bus is answered or ignored, and every service lives', async () => {
    const before = await position();
    for (const bytes of [...GARBAGE, Buffer.alloc(2 << 20, 'x')]) {
      for (const subject of reachableBy(ADMIN)) bus.connection.publish(subject, bytes);
    }
    await bus.connection.flush();
    await cluster.allReady();
    expect(await writtenSince(before)).toEqual([]);
  });

  it('a command repeated a hundred times has one effect, and each time the same answer', async () => {
    await cluster.inNamespace('replay', async (namespace) => {
      const command: Command<'CreateObject'> = {
        id: `replay-${Date.now()}`,
        type: 'CreateObject',
        actor: ADMIN.name,
        data: {
          resource: 'configmaps',
          namespace,
          object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'once-' } },
        },
      };
      const replies = await Promise.all(Array.from({ length: 100 }, () => request('CreateObject', command)));
      const answers = new Set(replies.map((reply) => JSON.stringify(reply)));
      expect(answers.size).toBe(1);
      const names = await cluster.kubectl('-n', namespace, 'get', 'configmaps', '-o', 'name');
      expect(names.split('\n').filter((name) => name.includes('once-'))).toHaveLength(1);
    });
  });

  it('a ReplicationController created with nothing but a NATS client runs its pods', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'by-nats' },
      spec: {
        replicas: 1,
        selector: { app: 'by-nats' },
        template: {
          metadata: { labels: { app: 'by-nats' } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              { name: 'c', image: 'busybox:1.36', command: ['sh', '-c', 'trap "exit 0" TERM; sleep 3600 & wait'] },
            ],
          },
        },
      },
    };
    await cluster.inNamespace('bus', async (namespace) => {
      const data = { resource: 'replicationcontrollers', namespace, object };
      const command = { id: `bus-${Date.now()}`, type: 'CreateObject', actor: ADMIN.name, data };
      expect(await request('CreateObject', command)).toMatchObject({ ok: true, key: { name: 'by-nats' } });
      await cluster.podsReady(namespace, 1);
    });
  });
});
