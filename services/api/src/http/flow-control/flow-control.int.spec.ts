import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { FLOW_DEFAULTS } from '@shiplog/admission';
import type { StoredObject } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { clusterOf, testConfig, testingModule } from '../../testing/api-testing';
import { Authentication } from '../../authentication/authentication';
import { Authorization } from '../authorization';
import { HttpModule } from '../http.module';
import { ServerCertificate } from '../server-certificate';
import { LEVELS, SCHEMAS } from './flow-control';

/** A thousand a second. */
const FLOOD_EACH_10_MS = 10;
/** So much less that also on a busy machine more come than are served. */
const SERVED_EACH_5_MS = 1;
const ROUNDS = 40;
/** A fifth of a second of the journal's time: however busy the machine is, it counts the same. */
const MOST_SERVED_MEANWHILE = 40;

/** A journal that answers 200 commands a second, in their order. */
class SlowJournal {
  served = 0;
  readonly #waiting: ((reply: unknown) => void)[] = [];
  readonly #timer = setInterval(() => {
    for (const answer of this.#waiting.splice(0, SERVED_EACH_5_MS)) {
      this.served += 1;
      answer({ ok: false, status: { kind: 'Status', code: 409 } });
    }
  }, 5);

  command(): Promise<unknown> {
    return new Promise((answer) => this.#waiting.push(answer));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** The default objects, as a cluster has them. */
const stored = ({ metadata, ...object }: object & { metadata: { name?: string } }): StoredObject =>
  ({
    ...object,
    metadata: { ...metadata, uid: `uid-of-${metadata.name}`, resourceVersion: '1' },
  }) as unknown as StoredObject;
const objects = {
  [SCHEMAS]: FLOW_DEFAULTS.schemas.map(stored),
  [LEVELS]: FLOW_DEFAULTS.levels.map(stored),
};

/** Who asks is who the header says. */
const authentication = {
  authenticate({ headers: { authorization: name = '' } }: { headers: { authorization?: string } }) {
    return { name, uid: '', groups: name === 'admin' ? ['system:masters'] : [] };
  },
};

describe('a flood of one user', () => {
  const journal = new SlowJournal();
  const { config, remove } = testConfig({ seats: 96, maxConnections: 1_024 });
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  let app: NestFastifyApplication;
  let port: number;
  beforeAll(async () => {
    const bus = { command: () => journal.command(), connection: { isClosed: () => false } };
    const module = await testingModule([HttpModule], { bus: bus as never, config, cluster: clusterOf([], objects) })
      .overrideProvider(ServerCertificate)
      .useValue({})
      .overrideProvider(Authentication)
      .useValue(authentication)
      .overrideProvider(Authorization)
      .useValue({ check: () => undefined })
      .compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { bodyParser: false });
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as AddressInfo).port;
  });
  afterAll(async () => {
    journal.stop();
    agent.destroy();
    await app.close();
    remove();
  });

  interface Answered {
    readonly code: number;
    readonly headers: Record<string, string | string[] | undefined>;
    /** Commands that the journal has answered meanwhile. */
    readonly meanwhile: number;
  }

  const create = (user: string): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const { served } = journal;
      const headers = { authorization: user, 'content-type': 'application/json' };
      const path = '/api/v1/namespaces/default/configmaps';
      const asked = request({ agent, port, host: '127.0.0.1', path, method: 'POST', headers }, (response) => {
        response.resume().once('end', () => {
          resolve({ code: response.statusCode ?? 0, headers: response.headers, meanwhile: journal.served - served });
        });
      });
      asked.once('error', reject);
      asked.end(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }));
    });

  it('is told to wait, and leaves others served', async () => {
    const flood: Promise<unknown>[] = [];
    const refused: Answered[] = [];
    const timer = setInterval(() => {
      for (let i = 0; i < FLOOD_EACH_10_MS; i++) {
        const asked = create('flood').then((answer) => answer.code === 429 && refused.push(answer));
        // Where this fails before the end, nobody waits for it.
        asked.catch(() => undefined);
        flood.push(asked);
      }
    }, 10);
    const others: Answered[] = [];
    try {
      // Its queues are full then.
      await eventually(() => refused.length > 10);
      for (let i = 0; i < ROUNDS; i++) others.push(await create('jane'));
    } finally {
      clearInterval(timer);
    }
    expect(others.map(({ code }) => code)).toEqual(Array<number>(ROUNDS).fill(409));
    expect(Math.max(...others.map(({ meanwhile }) => meanwhile))).toBeLessThan(MOST_SERVED_MEANWHILE);
    await Promise.all(flood);
    expect(refused[0]?.headers).toMatchObject({
      'retry-after': '1',
      'x-kubernetes-pf-flowschema-uid': 'uid-of-global-default',
      'x-kubernetes-pf-prioritylevel-uid': 'uid-of-global-default',
    });
    const { code, headers } = await create('admin');
    expect([code, headers['x-kubernetes-pf-flowschema-uid']]).toEqual([409, 'uid-of-exempt']);
  });
});
