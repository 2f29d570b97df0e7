import { FakeRuntime } from './fake-runtime';
import { runtimeFeatures } from './runtime-features';

const runtime = new FakeRuntime();
runtime.isOnThisMachine = true;
runtimeFeatures('the engine in memory', () => ({
  runtime,
  imageId: 'sha256:suite',
  endWith3: async (id) => {
    runtime.write(id, 'hello from suite\n');
    runtime.end(id, 3);
    await Promise.resolve();
  },
  memoryVolumes: () => Promise.resolve([...runtime.volumes].map(([name, volume]) => ({ name, ...volume }))),
}));

describe('the engine in memory, as a part of an event loop', () => {
  const turns = () => new Promise((resolve) => setImmediate(resolve));

  it('answers and tells in turns of their own, so that whoever goes round in microtasks never hears from it', async () => {
    const engine = new FakeRuntime();
    const heard: string[] = [];
    engine.watch((event) => heard.push(event.type));
    void engine.image('app:1').then(() => heard.push('answer'));
    for (let i = 0; i < 1_000; i++) await Promise.resolve();
    expect(heard).toEqual([]);
    await turns();
    expect(heard).toEqual(['connected']);
    await turns();
    expect(heard).toEqual(['connected', 'answer']);
  });
});
