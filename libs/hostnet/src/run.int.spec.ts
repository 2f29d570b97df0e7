import { ProgramError, runProgram } from './run';

describe('a program', () => {
  it('answers what it wrote, and reads what it is given', async () => {
    expect(await runProgram('cat', [], 'a\nb\0c')).toBe('a\nb\0c');
  });

  it('gets its arguments as they are, past no shell', async () => {
    expect(await runProgram('printf', ['%s|', '$HOME; true', 'a b'])).toBe('$HOME; true|a b|');
  });

  it('that fails is told with its own words, the first lines of them', async () => {
    const failing = runProgram('sh', ['-c', 'echo out; printf "one\\ntwo\\nthree\\nfour\\n" >&2; exit 3']);
    await expect(failing).rejects.toThrow(new ProgramError('sh', 'one\ntwo\nthree\nfour\n'));
    await expect(failing).rejects.toMatchObject({ message: 'sh: one | two | three', said: 'one\ntwo\nthree\nfour\n' });
  });

  it.each([
    ['a code', 'exit 4', 'sh: ended with 4'],
    ['a signal', 'kill -9 $$', 'sh: ended with SIGKILL'],
  ])('that fails in silence is told by %s', async (_, script, message) => {
    await expect(runProgram('sh', ['-c', script])).rejects.toThrow(message);
  });

  it('that is not there is told as one that failed, and leaves nothing that keeps this process', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    await expect(runProgram('shiplog-never-there', [])).rejects.toThrow(
      'shiplog-never-there: spawn shiplog-never-there ENOENT',
    );
    expect(timers()).toBe(before);
  });

  it('that floods both its outputs, and ends without reading a large input, ends all the same', async () => {
    const flood = 'yes out | head -c 3000000; yes err | head -c 3000000 >&2';
    expect(await runProgram('sh', ['-c', flood], 'x'.repeat(5_000_000))).toHaveLength(3_000_000);
    await expect(runProgram('false', [], 'x'.repeat(5_000_000))).rejects.toThrow(/^false: /);
  });

  it.each([
    ['hangs', 'exec sleep 60'],
    ['hangs and heeds no request to end', 'trap "" TERM; while :; do :; done'],
  ])('that %s is killed after its time', async (_, script) => {
    await expect(runProgram('sh', ['-c', script], '', { limitMs: 200 })).rejects.toThrow('sh: ended with SIGKILL');
  });
});
