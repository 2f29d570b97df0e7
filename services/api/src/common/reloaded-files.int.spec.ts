import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { pino } from 'pino';
import { ReloadedFiles } from './reloaded-files';

describe('ReloadedFiles', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-reload-'));
  const path = join(folder, 'number');
  const lines: { level: number; msg: string; reason?: string }[] = [];
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[0]) });
  const parse = ([text = '']: readonly string[]): number => {
    if (!/^\d+\n$/.test(text)) throw new Error(`"${text}" is not a number`);
    return Number(text);
  };
  let files: ReloadedFiles<number>;

  beforeEach(() => {
    lines.length = 0;
    writeFileSync(path, '1\n');
    files = new ReloadedFiles({ name: 'the numbers', paths: [path], parse, logger });
    files.watch(5);
  });
  afterEach(() => files.close());
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has what the file holds, and what it holds after a change or a replacement', async () => {
    expect(files.value).toBe(1);
    writeFileSync(path, '2\n');
    await eventually(() => files.value === 2, { everyMs: 5 });
    writeFileSync(`${path}.new`, '3\n');
    renameSync(`${path}.new`, path);
    await eventually(() => files.value === 3, { everyMs: 5 });
  });

  it('keeps the last good value while the file is wrong or away, says so once, and takes the next good one', async () => {
    writeFileSync(path, 'two\n');
    await eventually(() => lines.length > 0, { everyMs: 5 });
    rmSync(path);
    await eventually(() => lines.length > 1, { everyMs: 5 });
    expect(files.value).toBe(1);
    expect(lines.map(({ reason }) => reason)).toEqual([
      '"two\n" is not a number',
      expect.stringMatching(/no such file/) as string,
    ]);
    expect(lines[0]?.msg).toBe("the numbers changed and can't be used; the last good ones stay in force");
    writeFileSync(path, '4\n');
    await eventually(() => files.value === 4, { everyMs: 5 });
    expect(lines.filter(({ level }) => level >= 50)).toHaveLength(2);
  });

  it('does not begin with a wrong file', () => {
    writeFileSync(path, 'one\n');
    const open = (file: string) => () => new ReloadedFiles({ name: 'the numbers', paths: [file], parse, logger });
    expect(open(path)).toThrow('the numbers can\'t be used: "one\n" is not a number');
    expect(open(`${path}.none`)).toThrow(/the numbers can't be used: .*ENOENT.*number\.none/);
  });
});
