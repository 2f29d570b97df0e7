import { Shell, withInput } from './shell';

describe('a shell that stays', () => {
  const shell = new Shell();
  afterAll(() => shell.close());

  it('runs scripts one after another and answers what each wrote', async () => {
    const answers = await Promise.all([shell.run('echo one'), shell.run('echo two >&2'), shell.run('true')]);
    expect(answers).toEqual(['one\n', 'two\n', '']);
  });

  it('hands input over as it is', async () => {
    expect(await shell.run(withInput('cat', 'a $HOME `b`\n\\c\n'))).toBe('a $HOME `b`\n\\c\n');
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
