import { exited, observed } from '../testing/builders';
import { ContainerTable } from './container-table';
import type { ObservedContainer } from './runtime';
import { FakeRuntime } from './testing/fake-runtime';

function given(containers: readonly ObservedContainer[] = []) {
  const runtime = new FakeRuntime();
  for (const container of containers) runtime.containers.set(container.id, container);
  const table = new ContainerTable(runtime);
  const told: string[] = [];
  table.onChange((uid) => told.push(uid));
  return { runtime, table, told };
}

const other = observed({ id: 'other-0', name: 'other', pod: { uid: 'uid-2', namespace: 'default', name: 'db' } });

describe('the table of containers', () => {
  it('has each pod’s own, and forgets a pod with its last', () => {
    const { table, told } = given();
    table.put(observed());
    table.put(observed({ attempt: 1 }));
    table.put(other);
    expect(table.of('uid-1').map(({ id }) => id)).toEqual(['main-0', 'main-1']);
    table.drop('other-0');
    table.drop('other-0');
    expect([table.pods(), table.of('uid-2'), table.get('other-0')]).toEqual([['uid-1'], [], undefined]);
    expect(told).toEqual(['uid-1', 'uid-1', 'uid-2', 'uid-2']);
  });

  it('does not take a container for running of which the engine has said already that it ended', () => {
    const { table } = given();
    table.put(observed({ state: exited(1) }));
    expect(table.started(observed())).toBe(false);
    expect(table.get('main-0')?.state.phase).toBe('exited');
    table.drop('main-0');
    expect(table.started(observed())).toBe(true);
  });

  it.each(['before', 'after'])('knows that a container was killed for memory if that is told %s its end', (order) => {
    const { table } = given();
    table.put(observed());
    if (order === 'before') table.killedForMemory('main-0');
    expect(table.get('main-0')?.state.phase).toBe('running');
    table.put(observed({ state: exited(137) }));
    if (order === 'after') table.killedForMemory('main-0');
    expect(table.get('main-0')?.state).toMatchObject({ exitCode: 137, oomKilled: true });
    // The engine has forgotten it, or never knew.
    table.put(observed({ state: exited(137) }));
    expect(table.get('main-0')?.state).toMatchObject({ oomKilled: true });
    table.killedForMemory('nobody');
    expect(table.get('nobody')).toBeUndefined();
  });

  it('is as the engine’s list after it was listed', async () => {
    const { table } = given([observed(), other]);
    table.put(observed({ attempt: 7 }));
    expect(await table.relist()).toEqual(['uid-1', 'uid-2']);
    expect(table.of('uid-1').map(({ id }) => id)).toEqual(['main-0']);
  });

  it('keeps what it was told while the list was on its way, which is older', async () => {
    const { runtime, table } = given([observed(), other]);
    const listed = [observed(), other];
    let answer: (list: ObservedContainer[]) => void = () => undefined;
    jest.spyOn(runtime, 'list').mockReturnValue(new Promise((resolve) => (answer = resolve)));
    table.put(other);
    const relisted = table.relist();
    table.put(observed({ state: exited(3) }));
    table.put(observed({ attempt: 1 }));
    table.drop('other-0');
    answer(listed);
    await relisted;
    expect(table.get('main-0')?.state).toMatchObject({ phase: 'exited', exitCode: 3 });
    expect(table.get('main-1')).toBeDefined();
    expect(table.get('other-0')).toBeUndefined();
  });

  it('loses nothing by a list that failed', async () => {
    const { runtime, table } = given();
    table.put(observed());
    jest.spyOn(runtime, 'list').mockRejectedValueOnce(new Error('away'));
    await expect(table.relist()).rejects.toThrow('away');
    expect(table.get('main-0')).toBeDefined();
    runtime.containers.set('other-0', other);
    expect(await table.relist()).toEqual(['uid-2']);
  });
});
