import { changesOf, readLifecycle, readRows } from './lifecycle';
import { lifecycleOfCommand } from './command';

const seconds = (from: number, to = from) => ({ fromMs: from * 1_000, toMs: to * 1_000 });

describe('a lifecycle', () => {
  it('is read with times, ranges of times and all else that it can say', () => {
    expect(readLifecycle({ pull: '250ms', run: '1s..5s', exitCode: 2, oomKilled: true, log: ['a'] })).toEqual({
      pull: { fromMs: 250, toMs: 250 },
      run: seconds(1, 5),
      exitCode: 2,
      oomKilled: true,
      log: ['a'],
    });
  });

  it.each([
    [[], 'a lifecycle must be an object'],
    [{ runs: '1s' }, 'runs is none of pull, pullError, start'],
    [{ run: '5' }, 'run must be a time such as 250ms, 5s or 1s..5s, not "5"'],
    [{ run: '5s..1s' }, 'run must be a time'],
    [{ run: '999999999h' }, 'run must be a time'],
    [{ exitCode: 256 }, 'exitCode must be a whole number from 0 to 255, not 256'],
    [{ oomKilled: 'yes' }, 'oomKilled must be true or false'],
    [{ log: 'text' }, 'log must be a list'],
    [{ toString: '1s' }, 'toString is none of'],
  ])('%j is refused with what is wrong', (value, problem) => {
    expect(() => readLifecycle(value)).toThrow(problem);
  });

  it('of an image is that of the first row that fits it', () => {
    const rows = readRows([
      { image: 'registry/*/db:*', exitCode: 1 },
      { image: 'redis', exitCode: 2 },
      { image: '*', exitCode: 3 },
    ]);
    const codes = ['registry/a/db:1', 'registry/db:1', 'redis', 'redis:7'].map(
      (image) => changesOf(image, rows).exitCode,
    );
    expect(codes).toEqual([1, 3, 2, 3]);
    expect(() => readRows([{ image: 'a', run: 'x' }])).toThrow('lifecycle 1: run must be a time');
    expect(() => readRows([{ run: '1s' }])).toThrow('lifecycle 1: image must be a text');
    expect(() => readRows({})).toThrow('lifecycles must be a list');
  });
});

describe('what a command would do', () => {
  it.each([
    [['sleep', '5'], { run: seconds(5), exitCode: 0, log: [] }],
    [['/bin/false'], { run: seconds(0), exitCode: 1, log: [] }],
    [['sh', '-c', "echo 'a  b' c && sleep 1.5; exit 3"], { run: seconds(1.5), exitCode: 3, log: ['a  b c'] }],
  ])('%j', (command, expected) => expect(lifecycleOfCommand(command)).toEqual(expected));

  it.each([
    [[]],
    [['redis-server']],
    [['sh', '-c', 'while true; do sleep 1; done']],
    [['sleep', 'infinity']],
    [['sh']],
  ])('of %j is not known', (command) => expect(lifecycleOfCommand(command)).toBeUndefined());
});
