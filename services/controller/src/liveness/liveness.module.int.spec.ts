import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { NatsTransport, type Bus } from '@shiplog/bus';
import { Heartbeat } from '@shiplog/contracts';
import { commonSettings, Health, readConfig, ServiceModule } from '@shiplog/service';
import { eventually, TestNats } from '@shiplog/testing';
import { pino } from 'pino';
import { controllerSettings } from '../settings';
import { Heartbeats } from '../controllers/nodes/heartbeats';
import { LivenessModule } from './liveness.module';

const GRACE = '2s';

describe('hearing the nodes over a real NATS', () => {
  let nats: TestNats;
  let app: INestMicroservice;
  let heartbeats: Heartbeats;
  const kubelet = (node: string) => nats.bus(`kubelet of ${node}`, { role: 'kubelet', name: node });
  const beat = (bus: Bus, more: object = {}) => bus.tell(Heartbeat, { ...more, time: new Date().toISOString() });

  beforeEach(async () => {
    nats = await TestNats.start();
    const bus = await nats.bus('controller', { role: 'controller', name: 'one' });
    const transport = new NatsTransport(bus);
    const config = readConfig({ ...commonSettings, ...controllerSettings }, { NODE_MONITOR_GRACE: GRACE });
    const health = new Health('controller', 'one');
    const context = { config, bus, transport, health, logger: pino({ level: 'silent' }) };
    const module = await Test.createTestingModule({
      imports: [ServiceModule.forRoot(context), LivenessModule],
    }).compile();
    app = module.createNestMicroservice({ strategy: transport, logger: false });
    heartbeats = app.get(Heartbeats);
    await app.listen();
    await bus.connection.flush();
  });
  afterEach(async () => {
    await app?.close();
    await nats?.stop();
  });

  it('a node is heard of when its own kubelet beats, whatever else the signal says', async () => {
    beat(await kubelet('n1'), { node: 'n2' });
    await eventually(() => heartbeats.lastHeard('n1') !== undefined);
    expect(heartbeats.lastHeard('n2')).toBeUndefined();
  });

  it('nobody but a node beats for a node', async () => {
    const impostor = await nats.bus('n1', { role: 'api', name: 'n1' });
    beat(impostor);
    await impostor.connection.flush();
    beat(await kubelet('n2'));
    await eventually(() => heartbeats.lastHeard('n2') !== undefined);
    expect(heartbeats.lastHeard('n1')).toBeUndefined();
  });

  it('a silence grows while NATS is heard, and stands still while it is away', async () => {
    await eventually(() => heartbeats.silence('n1', 0) > 0);
    await nats.pause('SIGKILL');
    const whenItWent = heartbeats.silence('n1', 0);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(heartbeats.silence('n1', 0)).toBe(whenItWent);
    await nats.resume();
    const before = Date.now();
    await eventually(() => heartbeats.silence('n1', before) > 0);
  });
});
