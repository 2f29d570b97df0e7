import { World } from './world';
import { installGlobals } from './globals';

describe('World', () => {
  let world: World;
  let undo: () => void;
  beforeEach(() => {
    world = new World(1);
    undo = installGlobals(world, () => undefined);
  });
  afterEach(() => undo());

  const timers = (name: string, said: string[]) => {
    const process = world.process(name);
    world.as(process, () => setInterval(() => said.push(`${name} ${world.time.now}`), 100));
    return process;
  };

  it('has a paused process miss nothing, and everything at once', async () => {
    const said: string[] = [];
    const process = world.process('a');
    world.as(process, () => {
      for (const at of [50, 150, 250]) setTimeout(() => said.push(`${at} at ${world.time.now}`), at);
    });
    await world.run(100);
    world.pause(process);
    await world.run(300);
    expect(said).toEqual(['50 at 50']);
    world.resume(process, 'timer');
    await world.run(400);
    expect(said).toEqual(['50 at 50', '150 at 300', '250 at 300']);
  });

  it('has nothing of a killed process go on', async () => {
    const said: string[] = [];
    const process = timers('a', said);
    timers('b', said);
    await world.run(150);
    process.end();
    await world.run(250);
    expect(said).toEqual(['a 100', 'b 100', 'b 200']);
  });

  it('gives each process a clock of its own', async () => {
    const process = world.process('a');
    process.skew = -5_000;
    const told: number[] = [];
    world.as(process, () => setTimeout(() => told.push(Date.now(), new Date().getTime()), 10));
    await world.run(20);
    expect(told).toEqual([Date.UTC(2026, 0, 1) - 4_990, Date.UTC(2026, 0, 1) - 4_990]);
  });

  it('says that a process spins instead of going on for ever', async () => {
    const again = (): void => void setImmediate(again);
    world.as(world.process('a'), again);
    await expect(world.run(10)).rejects.toThrow('no process spins');
  });
});
