import {
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LARGEST_LOG, openLog, trimLog } from './log-files';
import { ownIdentity } from './identity';
import { ProcessRecords } from './records';
import { endLeftovers, Registry } from './registry';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shiplog-state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the records of processes', () => {
  const record = (name: string) => ({ name, rank: 0, ...ownIdentity() });

  it('are none before there is a folder', async () => {
    expect(new ProcessRecords(at('run')).alive()).toEqual([]);
    expect(await endLeftovers(new ProcessRecords(at('run')))).toEqual([]);
  });

  it('are found by a later launcher, by name', () => {
    new ProcessRecords(at('run')).write(record('nats'));
    expect(new ProcessRecords(at('run')).alive()).toEqual([record('nats')]);
  });

  it.each([
    ['empty', ''],
    ['half-written', '{"name":"api","ra'],
    ['no record', '[]'],
    ['of something else', '"text"'],
  ])('do not keep the others from being read when one is %s', (_, text) => {
    const records = new ProcessRecords(at('run'));
    records.write(record('nats'));
    writeFileSync(at('run', 'api.json'), text);
    expect(records.alive().map(({ name }) => name)).toEqual(['nats']);
  });

  it('are not of files beside them, such as one that is being written', () => {
    const records = new ProcessRecords(at('run'));
    records.write(record('nats'));
    writeFileSync(at('run', 'api.json.77.new'), JSON.stringify(record('api')));
    expect(records.alive().map(({ name }) => name)).toEqual(['nats']);
  });
});

describe('what was started', () => {
  it('is undone to the end, highest rank first, also when part of it cannot be', async () => {
    const told: string[] = [];
    const done: string[] = [];
    const registry = new Registry(new ProcessRecords(at('run')), (sentence) => told.push(sentence));
    const undoing = (title: string, rank: number) => ({
      title,
      rank,
      run: () => Promise.resolve(void done.push(title)),
    });
    registry.atEnd(undoing('network', 0));
    registry.atEnd({ title: 'rules', rank: 5, run: () => Promise.reject(new Error('nft is gone')) });
    registry.atEnd(undoing('containers', 30));
    await registry.stop(() => undefined);
    expect(done).toEqual(['containers', 'network']);
    expect(told).toEqual(['rules could not be stopped: nft is gone']);
  });
});

describe('a log', () => {
  const write = (text: string): void => {
    const log = openLog(at('a.log'));
    writeSync(log, text);
    closeSync(log);
  };

  it('is appended to', () => {
    write('one\n');
    write('two\n');
    expect(readFileSync(at('a.log'), 'utf8')).toBe('one\ntwo\n');
  });

  it('that has grown too large moves aside, over the one before it', () => {
    writeFileSync(at('a.log.1'), 'older', { mode: 0o644 });
    write('large');
    truncateSync(at('a.log'), LARGEST_LOG + 1);
    write('new');
    expect(readFileSync(at('a.log'), 'utf8')).toBe('new');
    const { size, mode } = statSync(at('a.log.1'));
    expect([size, mode & 0o777]).toEqual([LARGEST_LOG + 1, 0o600]);
  });

  it('in whose place a link was put is not written through', () => {
    writeFileSync(at('victim'), 'untouched');
    symlinkSync(at('victim'), at('a.log'));
    expect(() => openLog(at('a.log'))).toThrow();
    expect(() => trimLog(at('a.log'), 1)).toThrow();
    expect(readFileSync(at('victim'), 'utf8')).toBe('untouched');
    expect(lstatSync(at('a.log')).isSymbolicLink()).toBe(true);
  });

  it('is trimmed to its end, to the byte, and only beyond its bound', () => {
    write('0123456789');
    trimLog(at('a.log'), 10);
    expect(existsSync(at('a.log.1'))).toBe(false);
    trimLog(at('a.log'), 4);
    expect([readFileSync(at('a.log.1'), 'utf8'), readFileSync(at('a.log'), 'utf8')]).toEqual(['6789', '']);
    expect(statSync(at('a.log.1')).mode & 0o777).toBe(0o600);
  });

  it('that is not there yet needs no trimming', () => {
    expect(() => trimLog(at('none.log'), 1)).not.toThrow();
  });

  it('is bounded also where its end cannot be kept', () => {
    write('0123456789');
    symlinkSync(at('elsewhere'), at('a.log.1.new'));
    expect(() => trimLog(at('a.log'), 4)).toThrow();
    expect([statSync(at('a.log')).size, existsSync(at('elsewhere'))]).toEqual([0, false]);
  });
});
