import { FakeRuntime } from './fake-runtime';
import { runtimeFeatures } from './runtime-features';

const runtime = new FakeRuntime();
runtimeFeatures('the engine in memory', () => ({
  runtime,
  imageId: 'sha256:suite',
  endWith3: async (id) => {
    runtime.write(id, 'hello from suite\n');
    runtime.end(id, 3);
    await Promise.resolve();
  },
}));
