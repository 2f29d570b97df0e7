import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { sourceStack } from './source-stack';

describe('the stack of an error that is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-stack-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What a program, compiled as the services are, says of an error of its line 4. */
  function stackFrom(name: string, withMap: boolean): string {
    const source = ['interface Gone {', '  a: 1;', '}', "export const error = new Error('told');"].join('\n');
    const path = join(folder, `${name}.ts`);
    const options = { filename: path, sourceFileName: path, sourceMaps: true, module: { type: 'commonjs' } } as const;
    const { code, map = '' } = transformSync(source, { ...options, jsc: { parser: { syntax: 'typescript' } } });
    const target = join(folder, `${name}.js`);
    writeFileSync(target, code);
    if (withMap) writeFileSync(`${target}.map`, map);
    const script = `process.stdout.write(require(${JSON.stringify(target)}).error.stack)`;
    return execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  }

  it('names places in the TypeScript', () => {
    const stack = stackFrom('mapped', true);
    expect(stack).toContain('mapped.js:');
    expect(sourceStack(stack)).toContain(`${join(folder, 'mapped.ts')}:4:22`);
  });

  it('stays as it is where there is no map', () => {
    const stack = stackFrom('bare', false);
    expect(sourceStack(stack)).toBe(stack);
  });
});
