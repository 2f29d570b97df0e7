import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(__dirname, '..');
const COPIED = [
  'contracts',
  'libs',
  'services',
  'infra',
  'tsconfig.json',
  'package.json',
  '.prettierrc.json',
  '.swcrc',
];
const JEST = ['jest.config.js', 'jest.quick.js', 'jest.slow.js'];
const ROW_BEFORE = "  core('configmaps', 'ConfigMap', true),\n";
const ROW = "  row('evictions.policy', 'Eviction', true, 'io.k8s.api.policy.v1.Eviction'),\n";

/** What a spec in the copy says of the new kind: it has no behaviour of its own, and is stored, shown and served all the same. */
const SPEC = `
import { hashResource } from '../hash';
import { cluster } from './testing/given';

it('is stored, defaulted and validated by its schema alone', () => {
  const at = cluster();
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction' };
  const resource = 'evictions.policy';
  const create = (name: string, deleteOptions: unknown) =>
    at.when({
      type: 'CreateObject',
      data: { resource, namespace: 'default', object: { ...eviction, metadata: { name }, deleteOptions } },
    });
  expect(create('small', { dryRun: ['All'] }).types).toEqual([resource + '.Created']);
  expect(at.get(resource, 'default', 'small')).toMatchObject({ kind: 'Eviction', deleteOptions: { dryRun: ['All'] } });
  expect(hashResource(at.state, resource)).toMatch(/:1$/);
  expect(create('wrong', 7).rejection?.code).toBe(400);
});
`;

describe('a kind without behaviour of its own', () => {
  const copy = mkdtempSync(join(tmpdir(), 'new-kind-'));
  const run = async (program: string, ...args: string[]): Promise<string> => {
    const done = promisify(execFile)(process.execPath, [program, ...args], { cwd: copy, maxBuffer: 1e8 });
    const { stdout, stderr } = await done.catch((failed: { stdout: string; stderr: string }) => {
      throw new Error(failed.stdout + failed.stderr);
    });
    return stdout + stderr;
  };
  const module = (...path: string[]) => join(ROOT, 'node_modules', ...path);

  beforeAll(async () => {
    for (const name of [...COPIED, ...JEST]) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const rows = join(copy, 'contracts', 'src', 'resources.ts');
    const text = readFileSync(rows, 'utf8');
    expect(text).toContain(ROW_BEFORE);
    writeFileSync(rows, text.replace(ROW_BEFORE, ROW_BEFORE + ROW));
    await run('contracts/generate.mjs');
    await run('contracts/asyncapi.mjs');
    writeFileSync(join(copy, 'libs', 'cluster', 'src', 'decide', 'evictions.spec.ts'), SPEC);
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  it('is one row: nothing else has to be written for the compiler', async () => {
    await expect(run(module('typescript', 'bin', 'tsc'), '--noEmit', '-p', '.')).resolves.toBe('');
  });

  it('is stored and validated, changes no hash of an old log, no permission and no document by hand', async () => {
    const paths = ['evictions.spec', 'upcast/upcast.spec', 'permissions.spec', 'asyncapi.spec'];
    const args = ['--selectProjects', 'unit', '--testPathPatterns', ...paths];
    expect(await run(module('jest', 'bin', 'jest.js'), ...args)).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
  });
});
