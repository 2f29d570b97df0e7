import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Program, REPOSITORY, type Ended } from '@shiplog/testing';

const NPM_MS = 120_000;

/** A repository of the spec's own, with one package, which lies beside it, and a launcher that says how it was called. */
class TestRepository {
  readonly folder: string;

  constructor() {
    // Inside the real one's dist, where the compiler is found among the packages of that.
    mkdirSync(join(REPOSITORY, 'dist'), { recursive: true });
    this.folder = mkdtempSync(join(REPOSITORY, 'dist', 'bootstrap-spec-'));
    for (const file of ['infra/bootstrap.mjs', 'infra/build.mjs', '.swcrc'])
      cpSync(join(REPOSITORY, file), this.at(file), { recursive: true });
    this.write('dependency/package.json', { name: 'dependency', version: '1.0.0' });
    this.write('infra/launcher/src/main.ts', 'console.log(JSON.stringify(process.argv.slice(2)) as string);\n');
    this.write('infra/fuzz/src/main.ts', 'console.log("fuzz", JSON.stringify(process.argv.slice(2)) as string);\n');
    this.lock('1.0.0');
  }

  /** Has package-lock.json name a version of the package; npm installs none but that of the package itself. */
  lock(version: string): void {
    const dependencies = { dependency: 'file:dependency' };
    const packages = {
      '': { name: 'spec', version: '0.0.0', dependencies },
      dependency: { version },
      'node_modules/dependency': { resolved: 'dependency', link: true },
    };
    this.write('package.json', { name: 'spec', version: '0.0.0', dependencies });
    this.write('package-lock.json', { name: 'spec', version: '0.0.0', lockfileVersion: 3, packages });
  }

  at(path: string): string {
    return join(this.folder, path);
  }

  write(path: string, content: string | object): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), typeof content === 'string' ? content : JSON.stringify(content));
  }

  bootstrap(...words: string[]): Promise<Ended> {
    return Program.start([this.at('infra/bootstrap.mjs'), ...words]).ended;
  }

  build(): Promise<Ended> {
    return Program.start([this.at('infra/build.mjs')]).ended;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

describe('what every command begins with', () => {
  const repository = new TestRepository();
  afterAll(() => repository.remove());

  it(
    'installs the packages of a fresh checkout, compiles it, and hands over the words',
    async () => {
      const { code, out } = await repository.bootstrap('up', '--minions', '3');
      expect(code).toBe(0);
      expect(out).toMatch(/Installing npm packages[^]*✓ npm packages \([\d.]+ s\)\n\["up","--minions","3"\]\n$/);
      expect(existsSync(repository.at('node_modules/dependency/package.json'))).toBe(true);
    },
    NPM_MS,
  );

  it('installs nothing again, and starts the cluster when no word is given', async () => {
    expect(await repository.bootstrap()).toMatchObject({ code: 0, out: '["start"]\n' });
  });

  it('hands commands that have a program of their own to that', async () => {
    expect(await repository.bootstrap('fuzz', '--seed', '7')).toMatchObject({
      code: 0,
      out: 'fuzz ["--seed","7"]\n',
    });
  });

  it(
    'installs again when the lock names another version, and says what to do when npm can not',
    async () => {
      repository.lock('2.0.0');
      repository.write('package.json', '{ "name": ');
      const { code, out, err } = await repository.bootstrap();
      expect(code).toBe(1);
      expect(out).toContain('Installing npm packages');
      expect(err).toMatch(/✗ The npm packages could not be installed[^]*npm ci/);
    },
    NPM_MS,
  );
});

describe('the build', () => {
  const repository = new TestRepository();
  const compiled = repository.at('dist/libs/one/src/index.js');
  afterAll(() => repository.remove());

  beforeAll(async () => {
    repository.write('libs/one/src/index.ts', 'export const one: number = 1;\n');
    repository.write('libs/one/src/index.spec.ts', 'it("is one", () => undefined);\n');
    repository.write('libs/one/src/facts.json', { one: 1 });
    expect(await repository.build()).toMatchObject({ code: 0, out: expect.stringMatching(/^built \d+ files/) });
  });

  it('compiles what runs, copies what that reads, and leaves tests out', () => {
    expect(readFileSync(compiled, 'utf8')).toMatch(/one = 1;[^]*sourceMappingURL=index\.js\.map\n$/);
    expect(existsSync(repository.at('dist/libs/one/src/facts.json'))).toBe(true);
    expect(existsSync(repository.at('dist/libs/one/src/index.spec.js'))).toBe(false);
  });

  it('touches what changed and nothing else', async () => {
    expect((await repository.build()).out).toMatch(/^dist is up to date/);
    const before = statSync(compiled).mtimeMs;
    repository.write('libs/one/src/two.ts', 'export const two = 2;\n');
    expect((await repository.build()).out).toMatch(/^built 1 files/);
    expect(statSync(compiled).mtimeMs).toBe(before);
    const later = new Date(Date.now() + 1_000);
    utimesSync(repository.at('libs/one/src/index.ts'), later, later);
    expect((await repository.build()).out).toMatch(/^built 1 files/);
  });

  it('forgets what has no source any more, and keeps what others have put into dist', async () => {
    repository.write('dist/nest/kept.js', '');
    rmSync(repository.at('libs/one/src/two.ts'));
    await repository.build();
    expect(existsSync(repository.at('dist/libs/one/src/two.js'))).toBe(false);
    expect(existsSync(repository.at('dist/nest/kept.js'))).toBe(true);
  });

  it('fails on a file that is no TypeScript, and names it', async () => {
    repository.write('libs/one/src/broken.ts', 'export const = ;\n');
    const { code, err } = await repository.build();
    expect(code).not.toBe(0);
    expect(err).toContain('broken.ts');
  });
});
