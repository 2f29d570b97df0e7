import { pino } from 'pino';
import { ImageStore } from '../images/image-store';
import { observed } from '../testing/builders';
import { ContainerTable } from './container-table';
import { RuntimeError, type EngineFacts, type PodRuntime, type RuntimeEvent } from './runtime';
import { RuntimeConnection } from './runtime-connection';
import { FakeRuntime } from './testing/fake-runtime';

/** A connection to an engine whose events the spec tells, and whose answers it may hold back. */
function given() {
  const runtime = new FakeRuntime();
  let hear: (event: RuntimeEvent) => void = () => undefined;
  let closed = false;
  const watch: PodRuntime['watch'] = (listener) => {
    hear = listener;
    return { close: () => (closed = true) };
  };
  Object.assign(runtime, { watch });
  const table = new ContainerTable(runtime);
  const images = new ImageStore(runtime);
  const connection = new RuntimeConnection(runtime, table, images, pino({ level: 'silent' }));
  const told: string[] = [];
  connection.start({
    engineUp: ({ version }: EngineFacts) => told.push(`up: ${version}`),
    engineDown: (reason) => told.push(`down: ${reason}`),
  });
  /** Lets the engine answer, and its answers be heard. */
  const settle = () => jest.advanceTimersByTimeAsync(0);
  const tell = (event: RuntimeEvent) => (hear(event), settle());
  return { runtime, table, images, connection, told, tell, isClosed: () => closed };
}

const ENDED = { type: 'container', id: 'main-0', podUid: 'uid-1', change: 'ended' } as const;
const gone = () => Promise.reject(new RuntimeError('unavailable', 'connect ECONNREFUSED'));

describe('the connection to the container runtime', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  const turns = async () => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };

  it('is up once the engine has told what it has', async () => {
    const { runtime, table, connection, told, tell } = given();
    runtime.containers.set('main-0', observed());
    await tell({ type: 'connected' });
    expect([connection.isUp, told]).toEqual([false, []]);
    await turns();
    expect([connection.isUp, told]).toEqual([true, ['up: fake']]);
    expect(table.pods()).toEqual(['uid-1']);
  });

  it('is down from the moment that the engine goes, also when it goes while it is asked', async () => {
    const { connection, told, tell } = given();
    await tell({ type: 'connected' });
    await tell({ type: 'disconnected', reason: 'closed' });
    await turns();
    expect([connection.isUp, told]).toEqual([false, ['down: closed']]);
    await tell({ type: 'connected' });
    await turns();
    await tell({ type: 'disconnected', reason: 'closed again' });
    expect([connection.isUp, told]).toEqual([false, ['down: closed', 'up: fake', 'down: closed again']]);
  });

  it('asks again an engine that listens and does not answer, until it does', async () => {
    const { runtime, connection, told, tell } = given();
    const list = jest.spyOn(runtime, 'list').mockImplementation(gone);
    await tell({ type: 'connected' });
    await turns();
    await jest.advanceTimersByTimeAsync(1_000);
    await turns();
    expect(told).toEqual(['down: connect ECONNREFUSED', 'down: connect ECONNREFUSED']);
    list.mockRestore();
    await jest.advanceTimersByTimeAsync(1_000);
    await turns();
    expect([connection.isUp, told.at(-1)]).toEqual([true, 'up: fake']);
  });

  it('asks nothing more after it was closed', async () => {
    const { runtime, connection, told, tell, isClosed } = given();
    const list = jest.spyOn(runtime, 'list').mockImplementation(gone);
    await tell({ type: 'connected' });
    await turns();
    connection.onApplicationShutdown();
    await jest.advanceTimersByTimeAsync(60_000);
    await turns();
    expect([isClosed(), list.mock.calls.length, told.length]).toEqual([true, 1, 1]);
  });

  it('looks anew at a container that ended, and forgets one that was removed', async () => {
    const { runtime, table, tell } = given();
    table.put(observed());
    runtime.containers.set('main-0', observed());
    runtime.end('main-0', 3);
    await tell(ENDED);
    await turns();
    expect(table.get('main-0')?.state).toMatchObject({ phase: 'exited', exitCode: 3 });
    await tell({ ...ENDED, change: 'removed' });
    expect(table.get('main-0')).toBeUndefined();
  });

  it('learns after the end of a container that it was killed for memory', async () => {
    const { runtime, table, tell } = given();
    table.put(observed());
    runtime.containers.set('main-0', observed());
    runtime.end('main-0', 137);
    await tell(ENDED);
    await turns();
    await tell({ ...ENDED, change: 'oom' });
    expect(table.get('main-0')?.state).toMatchObject({ exitCode: 137, oomKilled: true });
  });

  it('looks at a container that was started by somebody else, if it counted as ended', async () => {
    const { runtime, table, tell } = given();
    const inspect = jest.spyOn(runtime, 'inspect');
    table.put(observed());
    await tell({ ...ENDED, change: 'started' });
    expect(inspect).not.toHaveBeenCalled();
    table.put(observed({ state: { ...EXITED } }));
    await tell({ ...ENDED, change: 'started' });
    expect(inspect).toHaveBeenCalledWith('main-0');
  });

  it('forgets what images names stood for when they have changed', async () => {
    const { runtime, images, tell } = given();
    const find = async (id: string) => {
      runtime.images.set('app:1', { id, digests: [], user: '', sizeBytes: 1_000 });
      const found = images.find('app:1');
      await turns();
      return (await found)?.id;
    };
    expect(await find('sha256:1')).toBe('sha256:1');
    expect(await find('sha256:2')).toBe('sha256:1');
    await tell({ type: 'images' });
    expect(await find('sha256:2')).toBe('sha256:2');
  });
});

const EXITED = {
  phase: 'exited',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:01Z',
  exitCode: 0,
  oomKilled: false,
  error: '',
} as const;
