import { headers } from 'nats';
import { Faults, NONE, type FaultProfile } from '../faults/faults';
import { installGlobals } from '../world/globals';
import { World } from '../world/world';
import { Broker } from './broker';
import { SimConnection } from './connection';

function rig(profile: Partial<FaultProfile> = {}) {
  const world = new World(1);
  const faults = new Faults({ ...NONE, ...profile });
  faults.begin();
  const broker = new Broker(world, faults);
  const [a, b] = ['a', 'b'].map((name) => new SimConnection(broker, world.process(name), `_INBOX.${name}`));
  const heard: string[] = [];
  b!.subscribe('news', { callback: (_, message) => heard.push(message.string()) });
  return { world, a: a!, b: b!, heard };
}

describe('SimConnection', () => {
  let undo: (() => void) | undefined;
  afterEach(() => undo?.());

  it('delivers in order, once each', async () => {
    const { world, a, heard } = rig();
    await world.run(5);
    for (let i = 0; i < 50; i++) a.publish('news', String(i));
    await world.run(20);
    expect(heard).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  });

  it.each([
    ['loses', { lose: 0.5 }, (heard: string[]) => heard.length < 50],
    ['doubles', { double: 0.5 }, (heard: string[]) => heard.length > 50],
    [
      'reorders',
      { reorder: 0.5 },
      (heard: string[]) => heard.some((item, i) => i > 0 && Number(item) < Number(heard[i - 1])),
    ],
  ])('%s as it is told to', async (_, profile, isSo) => {
    const { world, a, heard } = rig(profile);
    await world.run(5);
    for (let i = 0; i < 50; i++) a.publish('news', String(i));
    await world.run(2_000);
    expect(isSo(heard)).toBe(true);
  });

  it('answers requests, and says when nobody listens', async () => {
    const { world, a, b } = rig();
    undo = installGlobals(world, () => undefined);
    b.subscribe('question', { callback: (_, message) => message.respond('answer') });
    await world.run(5);
    const told: string[] = [];
    world.as(a.process, () => {
      void a.request('question', '', { timeout: 100 }).then((message) => told.push(message.string()));
      a.request('silence', '', { timeout: 100 }).catch((error: { code: string }) => told.push(error.code));
    });
    await world.run(200);
    expect(told.sort()).toEqual(['503', 'answer']);
  });

  it('carries headers as bytes', async () => {
    const { world, a, b } = rig();
    const told: (string | undefined)[] = [];
    b.subscribe('headed', { callback: (_, message) => told.push(message.headers?.get('kind')) });
    await world.run(5);
    const h = headers();
    h.set('kind', 'data');
    a.publish('headed', 'x', { headers: h });
    await world.run(20);
    expect(told).toEqual(['data']);
  });

  it('hears nothing while it is cut off, and again when it is connected', async () => {
    const { world, a, b, heard } = rig();
    await world.run(5);
    b.cut();
    a.publish('news', 'missed');
    await world.run(20);
    b.reconnect();
    await world.run(40);
    a.publish('news', 'heard');
    await world.run(60);
    expect(heard).toEqual(['heard']);
  });

  it('swallows what is sent into a black hole, and nobody is told', async () => {
    const { world, a, b, heard } = rig();
    await world.run(5);
    b.blackhole();
    a.publish('news', 'missed');
    await world.run(50);
    expect(heard).toEqual([]);
    expect(b.isClosed()).toBe(false);
  });
});
