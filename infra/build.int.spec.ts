import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(__dirname, '..');
const NEST = join(ROOT, 'node_modules', '.bin', 'nest');
const SERVICES = readdirSync(join(ROOT, 'services'));
/** The build of all services takes half a minute on two idle cores. */
const BUILD_MS = 240_000;

const run = (file: string, args: readonly string[]) => promisify(execFile)(file, args, { cwd: ROOT });
const program = (service: string) => join(ROOT, 'dist', 'nest', 'services', service, 'src', 'main.js');

/** How a program ended, and all that it said. */
async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null; said: string }> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, said };
}

/** Listens where NATS should be, hangs up on every caller, and tells when it was called for the second time. */
async function closedDoor(): Promise<{ port: number; triedTwice: Promise<void>; close: () => void }> {
  let calls = 0;
  let tried = (): void => undefined;
  const triedTwice = new Promise<void>((resolve) => (tried = resolve));
  const server = createServer((caller) => {
    caller.destroy();
    if (++calls === 2) tried();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { port: (server.address() as AddressInfo).port, triedTwice, close: () => server.close() };
}

interface NestProject {
  type: string;
  sourceRoot: string;
  entryFile: string;
  compilerOptions: { tsConfigPath: string };
}

describe('nest-cli.json', () => {
  const { projects } = JSON.parse(readFileSync(join(ROOT, 'nest-cli.json'), 'utf8')) as {
    projects: Record<string, NestProject>;
  };
  const namesOf = (type: string) => Object.keys(projects).filter((name) => projects[name]!.type === type);

  it('knows every service as an application, and every library as one', () => {
    expect(namesOf('application').sort()).toEqual(SERVICES.sort());
    expect(namesOf('library').sort()).toEqual(['contracts', ...readdirSync(join(ROOT, 'libs'))].sort());
  });

  it('says where each begins and what compiles it', () => {
    const named = Object.values(projects).flatMap(({ sourceRoot, entryFile, compilerOptions }) => [
      join(sourceRoot, `${entryFile}.ts`),
      compilerOptions.tsConfigPath,
    ]);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('nest build', () => {
  beforeAll(async () => {
    rmSync(join(ROOT, 'dist', 'nest'), { recursive: true, force: true });
    await run(process.execPath, ['infra/build.mjs']);
    await run(NEST, ['build', ...SERVICES]);
  }, BUILD_MS);

  it.each(SERVICES)('of %s makes a program that starts and names its settings', async (service) => {
    const { stdout } = await run(process.execPath, [program(service), '--help']);
    expect(stdout).toContain(`${service}: a Shiplog service`);
    expect(stdout).toMatch(/NATS_URL +Where NATS is/);
  });

  it('of journal makes a program that waits for a NATS that is not there, and ends when told', async () => {
    const door = await closedDoor();
    const journal = spawn(process.execPath, [program('journal')], {
      env: { PATH: process.env.PATH, NATS_URL: `nats://127.0.0.1:${door.port}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = endOf(journal);
    // Called again after a refusal: it has started, and waits. One that ends before is seen by how it ended.
    await Promise.race([door.triedTwice, ended]);
    journal.kill('SIGTERM');
    expect(await ended).toEqual({
      code: null,
      signal: 'SIGTERM',
      said: expect.stringContaining('waiting for NATS') as string,
    });
    door.close();
  });

  it('maps what it compiled to its source', () => {
    const main = program('journal');
    const { sources } = JSON.parse(readFileSync(`${main}.map`, 'utf8')) as { sources: string[] };
    expect(sources.map((source) => resolve(dirname(main), source))).toEqual([
      join(ROOT, 'services', 'journal', 'src', 'main.ts'),
    ]);
  });

  it('compiles no spec', () => {
    const compiled = readdirSync(join(ROOT, 'dist', 'nest'), { recursive: true, encoding: 'utf8' });
    expect(compiled.filter((path) => path.endsWith('.spec.js'))).toEqual([]);
  });

  it('leaves what `npm run build` made, and is left by it', async () => {
    expect((await run(process.execPath, ['infra/build.mjs'])).stdout).toMatch(/^dist is up to date/);
    for (const service of SERVICES) expect(existsSync(program(service))).toBe(true);
  });
});
