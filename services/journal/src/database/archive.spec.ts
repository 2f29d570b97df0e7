import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { writeArchive } from './archive';

/** What is done to the disk, in order: which files are synchronised, which get a name. */
const done: string[] = [];
const actual = jest.requireActual<typeof import('node:fs/promises')>('node:fs/promises');
jest.mock('node:fs/promises', () => {
  const real = jest.requireActual<typeof import('node:fs/promises')>('node:fs/promises');
  return {
    ...real,
    open: async (path: string, flags: string) => {
      const handle = await real.open(path, flags);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        await sync();
        done.push(`sync ${basename(path)}`);
      };
      return handle;
    },
    rename: async (from: string, to: string) => {
      await real.rename(from, to);
      done.push(`rename ${basename(from)} ${basename(to)}`);
    },
  };
});

const NAME = 'events_0_100.tsv.gz';
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shiplog-archive-'));
  done.length = 0;
});

afterEach(() => rm(directory, { recursive: true }));

const rows = () => Readable.from([Buffer.from('one\n'), Buffer.from('two\n')]);
const write = (epoch: number, check = () => undefined as void) =>
  writeArchive(join(directory, NAME), epoch, rows(), check);

it('an archive is on the disk before it has its name, and its name is before anybody is told', async () => {
  await write(7);
  expect(done).toEqual([`sync ${NAME}.7.partial`, `rename ${NAME}.7.partial ${NAME}`, `sync ${basename(directory)}`]);
  expect(gunzipSync(await readFile(join(directory, NAME))).toString()).toBe('one\ntwo\n');
});

it('an archive whose rows are not the right ones gets no name', async () => {
  const wrong = () => {
    throw new Error('too few');
  };
  await expect(write(7, wrong)).rejects.toThrow('too few');
  expect(await readdir(directory)).toEqual([`${NAME}.7.partial`]);
});

it('what earlier journals began is cleared away, what a later one is at work on is not', async () => {
  const others = ['partial', '5.partial', '7.partial', '8.partial'].map((end) => `${NAME}.${end}`);
  for (const name of [...others, 'events_100_200.tsv.gz.5.partial']) await writeFile(join(directory, name), 'begun');
  await write(7);
  expect((await actual.readdir(directory)).sort()).toEqual(
    [NAME, `${NAME}.8.partial`, 'events_100_200.tsv.gz.5.partial'].sort(),
  );
});
