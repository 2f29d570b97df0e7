import { PersistentShell, withInput } from './shell';

describe('a shell that stays', () => {
  const shell = new PersistentShell();
  afterAll(() => shell.close());

  it('runs scripts one after another and answers what each wrote', async () => {
    const answers = await Promise.all([shell.run('echo one'), shell.run('echo two >&2'), shell.run('true')]);
    expect(answers).toEqual(['one\n', 'two\n', '']);
  });

  it('hands input over as it is', async () => {
    expect(await shell.run(withInput('cat', 'a $HOME `b`\n\\c\n'))).toBe('a $HOME `b`\n\\c\n');
  });

  it('hands over input that tries to end itself, and runs none of it', async () => {
    const hostile = "a\nEND-OF-INPUT\necho broken out\n'\n$(echo broken out)\n";
    expect(await shell.run(withInput('cat', hostile))).toBe(hostile);
    const delimiter = /<<'(.+)'/.exec(withInput('cat', ''))?.[1] ?? '';
    const guessed = `${delimiter}\necho broken out\n`;
    expect(await shell.run(withInput('cat', guessed))).toBe(guessed);
  });

  it('takes nothing that a script writes for the end of the script', async () => {
    const ends = Array.from({ length: 20 }, (_, count) => `\u0001${count} 0\n`).join('');
    expect(await shell.run(withInput('cat', ends))).toBe(ends);
  });

  it('refuses input that a shell would change', () => {
    expect(() => withInput('cat', 'a\0b')).toThrow('the input of cat must not hold a NUL byte');
  });

  it('throws what a failing script said, and goes on', async () => {
    await expect(shell.run('echo why; false')).rejects.toThrow('why');
    expect(await shell.run('echo on')).toBe('on\n');
  });

  it('starts again after its end, and says so to who waited', async () => {
    await expect(shell.run('exit 3')).rejects.toThrow('the shell ended with 3');
    expect(await shell.run('echo again')).toBe('again\n');
  });

  it('that dies in the middle fails the script that it ran, and no other', async () => {
    const answers = await Promise.allSettled([
      shell.run('echo before'),
      shell.run('echo half; kill -9 $$; echo never'),
      shell.run('echo after'),
      shell.run('echo and after'),
    ]);
    expect(answers).toMatchObject([
      { value: 'before\n' },
      { reason: { name: 'ProgramError', said: 'half\nthe shell ended with SIGKILL' } },
      { value: 'after\n' },
      { value: 'and after\n' },
    ]);
  });

  it('that can not be started fails what it was asked for, each time', async () => {
    const none = new PersistentShell(['shiplog-never-there']);
    await expect(none.run('echo one')).rejects.toThrow('ENOENT');
    await expect(none.run('echo two')).rejects.toThrow('ENOENT');
  });

  it('kills a script that hangs after its time, and runs the next', async () => {
    const short = new PersistentShell(['sh'], 200);
    const [hanging, next] = await Promise.allSettled([short.run('while :; do :; done'), short.run('echo next')]);
    expect(hanging).toMatchObject({ reason: { said: 'the shell ended with SIGKILL' } });
    expect(next).toMatchObject({ value: 'next\n' });
    short.close();
  });

  it('hands over what a script writes in a flood, whole', async () => {
    expect(await shell.run('yes 0123456789 | head -n 200000')).toBe('0123456789\n'.repeat(200_000));
  });

  it('leaves nothing of a script to the next but what it set', async () => {
    await shell.run('cd / && here=set');
    expect(await shell.run(withInput('cat', ''))).toBe('\n');
    expect(await shell.run('(exit 1) || true')).toBe('');
  });

  it('closed in between, starts again for the next script', async () => {
    const closing = new PersistentShell();
    expect(await closing.run('echo one')).toBe('one\n');
    closing.close();
    expect(await closing.run('echo two')).toBe('two\n');
    closing.close();
  });
});
