import { StartGate } from './start-gate';

describe('the gate before pod starts', () => {
  it('lets so many pods in at once, and each of their starts', async () => {
    const gate = new StartGate(2);
    const entered: string[] = [];
    const enter = (uid: string) => gate.enter(uid).then(() => entered.push(uid));
    await Promise.all([enter('a'), enter('a'), enter('b')]);
    const late = [enter('c'), enter('d'), enter('c')];
    await Promise.resolve();
    expect(entered).toEqual(['a', 'a', 'b']);
    gate.leave('a');
    await Promise.resolve();
    expect(entered).toHaveLength(3);
    gate.leave('a');
    await Promise.all([late[0], late[2]]);
    expect(entered.slice(3)).toEqual(['c', 'c']);
    gate.leave('b');
    await late[1];
    expect(entered.at(-1)).toBe('d');
  });
});
