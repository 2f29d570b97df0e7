import type { Bus } from '@shiplog/bus';
import { subjects } from '@shiplog/contracts';
import { TestNats } from '@shiplog/testing';
import { AttachServer } from './attach-server';
import type { PodCables } from './pod-cables';

let nats: TestNats;
let bus: Bus;
let server: AttachServer;
let portsWritten: number;

beforeAll(async () => {
  nats = await TestNats.start();
  bus = await nats.bus();
});
afterAll(() => nats.stop());

beforeEach(async () => {
  portsWritten = 0;
  server = new AttachServer(bus, 'n1', () => Promise.resolve(void portsWritten++));
  server.serve();
  await bus.connection.flush();
});
afterEach(() => server.stop());

/** Stands for the cables of a node: what reached them, and what they answer. */
function cables(asked: unknown[]): PodCables {
  return {
    attach: (request: unknown) => {
      asked.push(request);
      return Promise.resolve({ ip: '10.244.1.2', gateway: '10.244.1.1' });
    },
    detach: (uid: string) => {
      asked.push(uid);
      return Promise.resolve(uid === 'with-ports');
    },
  } as unknown as PodCables;
}

const attach = (payload: unknown) => bus.request(subjects.node('n1', 'attach'), payload, { timeoutMs: 5_000 });
const detach = (payload: unknown) => bus.request(subjects.node('n1', 'detach'), payload, { timeoutMs: 5_000 });
const POD = { uid: 'u-1', namespace: 'default', name: 'web', pid: 42 };

describe('the kubelet’s requests', () => {
  it('wait for the bridge, and are answered when it stands', async () => {
    const asked: unknown[] = [];
    const answer = attach(POD);
    setImmediate(() => server.ready(cables(asked)));
    expect(await answer).toEqual({ ip: '10.244.1.2', gateway: '10.244.1.1' });
    expect(asked).toEqual([{ ...POD, hostPorts: [] }]);
    expect(portsWritten).toBe(0);
  });

  it('hear why when there is no bridge in time', async () => {
    await expect(attach(POD)).rejects.toMatchObject({
      status: { code: 503, message: 'node n1 has no pod network yet' },
    });
  });

  it('have host ports in the kernel before the answer, and out of it after the pod', async () => {
    server.ready(cables([]));
    await attach({ ...POD, hostPorts: [{ hostPort: 80, containerPort: 8080, protocol: 'TCP' }] });
    expect(portsWritten).toBe(1);
    expect(await detach({ uid: 'with-ports' })).toEqual({});
    expect(await detach({ uid: 'without' })).toEqual({});
    expect(portsWritten).toBe(2);
  });

  it.each([
    ['nothing', null],
    ['no pid', { ...POD, pid: undefined }],
    ['a pid that is none', { ...POD, pid: -1 }],
    ['a uid that would break a label', { ...POD, uid: 'u 1 master evil' }],
    ['a host port out of range', { ...POD, hostPorts: [{ hostPort: 70_000, containerPort: 80, protocol: 'TCP' }] }],
    ['an address that is none', { ...POD, hostPorts: [{ hostPort: 80, containerPort: 80, hostIP: '1.2.3.4 ; drop' }] }],
  ])('with %s are refused, and nothing happens', async (_, payload) => {
    const asked: unknown[] = [];
    server.ready(cables(asked));
    await expect(attach(payload)).rejects.toMatchObject({ status: { code: 400 } });
    expect(asked).toEqual([]);
  });
});
