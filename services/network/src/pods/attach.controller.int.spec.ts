import { Test } from '@nestjs/testing';
import { NatsTransport, type Bus } from '@shiplog/bus';
import { Attach, Detach } from '@shiplog/contracts';
import { Health, ServiceModule } from '@shiplog/service';
import { TestNats } from '@shiplog/testing';
import type { INestMicroservice } from '@nestjs/common';
import { pino } from 'pino';
import { OverlaySync } from '../overlay/overlay-sync';
import { PodPolicies } from '../policies/pod-policies';
import { PolicyDropsController } from '../policies/policy-drops.controller';
import { AttachController } from './attach.controller';
import type { PodInterfaces } from './pod-interfaces';
import { PodConnections } from './pod-connections';

const NODE = { node: 'n1' };
const logger = pino({ level: 'silent' });
let nats: TestNats;
let kubelet: Bus;
let own: Bus;
let app: INestMicroservice;
let connections: PodConnections;
let portsWritten: number;

beforeAll(async () => {
  nats = await TestNats.start();
  kubelet = await nats.bus('kubelet', { role: 'kubelet', name: 'n1' });
  own = await nats.bus('network', { role: 'network', name: 'n1' });
});
afterAll(() => nats.stop());

beforeEach(async () => {
  portsWritten = 0;
  const transport = new NatsTransport(own);
  const context = { config: {}, bus: own, logger, health: new Health('network', 'n1'), transport };
  const sync = { provide: OverlaySync, useValue: { writeRules: () => Promise.resolve(void portsWritten++) } };
  const module = await Test.createTestingModule({
    imports: [ServiceModule.forRoot(context)],
    controllers: [AttachController, PolicyDropsController],
    providers: [sync, { provide: PodPolicies, useValue: {} }, PodConnections],
  }).compile();
  connections = module.get(PodConnections);
  app = module.createNestMicroservice({ strategy: transport, logger: false });
  await app.listen();
  await own.connection.flush();
});
afterEach(() => app.close());

const ready = (interfaces: PodInterfaces): void => connections.ready({ interfaces, podCidr: '10.244.1.0/24' });

/** Stands for the pods' interfaces of a node: what reached them, and what they answer. */
function interfaces(asked: unknown[]): PodInterfaces {
  return {
    attach: (request: unknown) => {
      asked.push(request);
      return Promise.resolve({ ip: '10.244.1.2', gateway: '10.244.1.1' });
    },
    detach: (uid: string) => {
      asked.push(uid);
      return Promise.resolve(uid === 'with-ports');
    },
  } as unknown as PodInterfaces;
}

const attach = (payload: unknown) => kubelet.ask(Attach, payload as never, NODE, { timeoutMs: 5_000 });
const detach = (payload: { uid: string }) => kubelet.ask(Detach, payload, NODE, { timeoutMs: 5_000 });
const POD = { uid: 'u-1', namespace: 'default', name: 'web', pid: 42 };

describe('the kubelet’s requests', () => {
  it('wait for the bridge, and are answered when it stands', async () => {
    const asked: unknown[] = [];
    const answer = attach(POD);
    setImmediate(() => ready(interfaces(asked)));
    expect(await answer).toEqual({ ip: '10.244.1.2', gateway: '10.244.1.1' });
    expect(asked).toEqual([{ ...POD, hostPorts: [] }]);
    expect(portsWritten).toBe(0);
  });

  it('hear why when there is no bridge in time', async () => {
    await expect(attach(POD)).rejects.toMatchObject({
      status: { code: 503, message: 'the node has no pod network yet' },
    });
  });

  it('have host ports in the kernel before the answer, and out of it after the pod', async () => {
    ready(interfaces([]));
    await attach({ ...POD, hostPorts: [{ hostPort: 80, containerPort: 8080, protocol: 'TCP' }] });
    expect(portsWritten).toBe(1);
    expect(await detach({ uid: 'with-ports' })).toEqual({});
    expect(await detach({ uid: 'without' })).toEqual({});
    expect(portsWritten).toBe(2);
  });

  it.each([
    ['nothing', null],
    ['a uid that climbs', { ...POD, uid: '../../etc' }],
    ['no pid', { ...POD, pid: undefined }],
    ['a pid that is none', { ...POD, pid: -1 }],
    ['a uid that would break a label', { ...POD, uid: 'u 1 master evil' }],
    ['a host port out of range', { ...POD, hostPorts: [{ hostPort: 70_000, containerPort: 80, protocol: 'TCP' }] }],
    ['an address that is none', { ...POD, hostPorts: [{ hostPort: 80, containerPort: 80, hostIP: '1.2.3.4 ; drop' }] }],
  ])('with %s are refused, and nothing happens', async (_, payload) => {
    const asked: unknown[] = [];
    ready(interfaces(asked));
    await expect(attach(payload)).rejects.toMatchObject({ status: { code: 400 } });
    expect(asked).toEqual([]);
  });
});
