import { PassThrough } from 'node:stream';
import { mergeOutputs } from './merge-outputs';

async function all(source: AsyncIterable<{ name: string; data: Buffer }>): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, data } of source) found.push(`${name} ${data.toString()}`);
  return found;
}

describe('both outputs of a process', () => {
  it('come as they are written, until both have ended', async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const parts = mergeOutputs({ stdout, stderr });
    stderr.write('a');
    expect((await parts.next()).value).toEqual({ name: 'stderr', data: Buffer.from('a') });
    stdout.write('b');
    expect((await parts.next()).value).toEqual({ name: 'stdout', data: Buffer.from('b') });
    stdout.end();
    stderr.end('c');
    expect(await all(parts)).toEqual(['stderr c']);
  });

  it('have ended when they break off, and when there are none', async () => {
    const stdout = new PassThrough();
    stdout.on('error', () => undefined);
    const told = all(mergeOutputs({ stdout }));
    stdout.destroy(new Error('gone'));
    expect(await told).toEqual([]);
    expect(await all(mergeOutputs({}))).toEqual([]);
  });

  it('hold their writers back while nobody reads', async () => {
    const stdout = new PassThrough({ highWaterMark: 4 });
    const parts = mergeOutputs({ stdout });
    expect(stdout.write('12345')).toBe(false);
    await parts.next();
    expect(stdout.writableNeedDrain || stdout.write('6')).toBe(true);
    stdout.end();
    await parts.return(undefined);
  });
});
