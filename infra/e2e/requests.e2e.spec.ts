import { request } from 'node:https';
import { ObjectQuery, PositionQuery, subjects, type Command, type CommandReply } from '@shiplog/contracts';
import { connect, JSONCodec, type NatsConnection } from 'nats';
import { KubeRefused } from '../launcher/src/kube/kube-client';
import { TestCluster } from './support/cluster';

describe('what anybody may send', () => {
  const cluster = new TestCluster();
  let nats: NatsConnection;
  const codec = JSONCodec<unknown>();

  beforeAll(async () => {
    const { username, password, host } = new URL(cluster.claim().natsUrl);
    nats = await connect({ servers: host, user: username, pass: password });
  });
  afterAll(async () => {
    await nats.close();
    await cluster.close();
  });

  /** Where the log ends, as the journal says. */
  const position = async (): Promise<number> => {
    const reply = await nats.request(subjects.ask(PositionQuery), codec.encode({}), { timeout: 5_000 });
    return (codec.decode(reply.data) as { position: number }).position;
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
    expect(await position()).toBe(before);
    await cluster.allReady();
  });

  it('without the token only health and version are shown', async () => {
    const ask = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const { hostname, port } = cluster.api.server;
        request({ host: hostname, port, path, rejectUnauthorized: false }, (response) => {
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
    for (const bytes of [
      new Uint8Array(),
      Buffer.from('{'),
      Buffer.from('null'),
      Buffer.from('[1]'),
      Buffer.alloc(2 << 20, 'x'),
    ]) {
      for (const subject of [
        subjects.command('CreateObject'),
        subjects.commandBatch,
        subjects.ask(ObjectQuery),
        subjects.stateQuery,
      ]) {
        nats.publish(subject, bytes);
      }
      nats.publish('shiplog.v1.event.pods._.default.x.PodCreated', bytes);
      nats.publish('shiplog.v1.signal.head.main', bytes);
    }
    await nats.flush();
    await cluster.allReady();
    expect(await position()).toBe(before);
  });

  it('a command repeated a hundred times has one effect, and each time the same answer', async () => {
    await cluster.inNamespace('replay', async (namespace) => {
      const command: Command<'CreateObject'> = {
        id: `replay-${Date.now()}`,
        type: 'CreateObject',
        actor: 'test',
        data: {
          resource: 'configmaps',
          namespace,
          object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'once-' } },
        },
      };
      const send = () => nats.request(subjects.command('CreateObject'), codec.encode(command), { timeout: 10_000 });
      const replies = await Promise.all(Array.from({ length: 100 }, send));
      const answers = new Set(replies.map((reply) => JSON.stringify(codec.decode(reply.data) as CommandReply)));
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
      const command = { id: `bus-${Date.now()}`, type: 'CreateObject', actor: 'admin', data };
      const reply = await nats.request('shiplog.v1.command.CreateObject', codec.encode(command), { timeout: 10_000 });
      expect(codec.decode(reply.data)).toMatchObject({ ok: true, key: { name: 'by-nats' } });
      await cluster.podsReady(namespace, 1);
    });
  });
});
