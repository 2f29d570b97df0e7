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
});
