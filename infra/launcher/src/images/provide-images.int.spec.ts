import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { engineAt } from '../engines/engine-client';
import { settingsFrom } from '../settings';
import { run } from '../system/run';
import { canHaveMinions, TestMinion } from '../testing/test-minion';
import { buildImage } from './build-image';
import type { ImageRow } from './catalogue';
import { dockerImages } from './image-store';
import { provideImage } from './provide-images';

/** Images of the project's own: no registry is asked for them. */
const SHELL: ImageRow = { ref: 'shiplog/spec-shell:1', otherwise: { kind: 'busybox', config: ['CMD ["sh"]'] } };

(canHaveMinions ? describe : describe.skip)('an image that an engine is to have', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-images-'));
  /** Fetched packages are those of this checkout; images are the spec's own. */
  const cache = join(folder, 'cache');
  const { cache: packages } = settingsFrom(process.env);
  let test: TestMinion;
  let engine: Docker;
  let said: string[];

  const provide = (row: ImageRow) => provideImage([dockerImages(engine)], row, cache, (text) => void said.push(text));
  const docker = (...args: string[]) => run('docker', ['-H', test.dockerHost, ...args]);
  const shell = (script: string) => docker('run', '--rm', '--network=none', SHELL.ref, 'sh', '-c', script);
  const dockerfile = (name: string, ...lines: string[]): ImageRow => {
    const context = join(folder, name);
    mkdirSync(context, { recursive: true });
    writeFileSync(join(context, 'Dockerfile'), lines.join('\n'));
    return { ref: `shiplog/spec-${name}:1`, otherwise: { kind: 'dockerfile', folder: context } };
  };

  beforeAll(async () => {
    test = await TestMinion.start();
    engine = engineAt(test.dockerHost);
    mkdirSync(cache);
    for (const name of ['packages', 'debs']) {
      mkdirSync(join(packages, name), { recursive: true });
      symlinkSync(join(packages, name), join(cache, name));
    }
  });
  beforeEach(() => {
    said = [];
  });
  afterAll(async () => {
    await test.stop();
    rmSync(folder, { recursive: true });
  });

  it('is built out of what this machine has: a shell with its tools, users and a /tmp for all', async () => {
    expect(await provide(SHELL)).toBe(0);
    expect(said).toEqual([`getting ${SHELL.ref}`, `building ${SHELL.ref}`, `loading ${SHELL.ref}`]);
    expect(await shell('id -un; stat -c %a /tmp; echo a b | cut -d" " -f2; grep -c . /etc/passwd')).toBe(
      'root\n1777\nb\n3\n',
    );
  });

  it('is left as it is once it is there', async () => {
    expect(await provide(SHELL)).toBe(0);
    expect(said).toEqual([]);
  });

  it('comes back the same out of the cache when an engine has lost it, or has another by its name', async () => {
    const id = await dockerImages(engine).idOf(SHELL.ref);
    await docker('rmi', '--force', SHELL.ref);
    expect(await dockerImages(engine).idOf(SHELL.ref)).toBeUndefined();
    expect(await provide(SHELL)).toBe(1);
    expect(said).toEqual([`loading ${SHELL.ref}`]);
    const other = dockerfile('other', `FROM ${SHELL.ref}`, 'ENV OTHER=yes');
    await buildImage(engine, { ...other, ref: SHELL.ref }, cache);
    expect(await dockerImages(engine).idOf(SHELL.ref)).not.toBe(id);
    expect(await provide(SHELL)).toBe(1);
    expect(await dockerImages(engine).idOf(SHELL.ref)).toBe(id);
  });

  it('is built from its folder, without a network, on one that came before it', async () => {
    const row = dockerfile('page', `FROM ${SHELL.ref}`, 'RUN echo made > /page', 'CMD ["cat", "/page"]');
    await provide(row);
    expect(await docker('run', '--rm', '--network=none', row.ref)).toBe('made\n');
  });

  it('that can not be built says why, and leaves nothing in the cache to be taken for it', async () => {
    const row = dockerfile('broken', `FROM ${SHELL.ref}`, 'RUN echo not today >&2 && exit 3');
    await expect(provide(row)).rejects.toThrow(/returned a non-zero code: 3/);
    expect(readdirSync(join(cache, 'images')).filter((name) => name.includes('broken'))).toEqual([]);
  });
});
