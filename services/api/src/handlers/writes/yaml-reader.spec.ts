import { StatusError } from '@shiplog/contracts';
import { setImmediate as turn } from 'node:timers/promises';
import { YamlReader, type YamlOptions } from './yaml-reader';

/** A ConfigMap of so many keys, about 17 bytes each. */
const configMap = (keys: number): string =>
  `apiVersion: v1\nkind: ConfigMap\ndata:\n${Array.from({ length: keys }, (_, i) => `  key-${i}: "v"\n`).join('')}`;

// A process has to begin for each.
jest.setTimeout(60_000);

describe('YamlReader', () => {
  const readers: YamlReader[] = [];
  const reader = (options: Partial<YamlOptions> = {}): YamlReader => {
    const made = new YamlReader(options);
    readers.push(made);
    return made;
  };
  afterEach(() => readers.splice(0).forEach((reader) => reader.onApplicationShutdown()));
  const rejection = async (attempt: Promise<unknown>): Promise<{ code: number | undefined; message: string }> => {
    const error: unknown = await attempt.catch((caught: unknown) => caught);
    if (!(error instanceof StatusError)) throw new Error('was not refused');
    return { code: error.status.code, message: error.message };
  };

  it('reads documents in the order in which they come', async () => {
    const yaml = reader();
    expect(await Promise.all(['a: 1', '- x\n- y', '', '__proto__: {b: 1}'].map((text) => yaml.parse(text)))).toEqual([
      { a: 1 },
      ['x', 'y'],
      null,
      JSON.parse('{"__proto__":{"b":1}}'),
    ]);
  });

  it('takes the last of keys that come twice, as JSON does', async () => {
    expect(await reader().parse('a: {x: 1}\na: {y: 2}\n')).toEqual({ a: { y: 2 } });
  });

  it('says where a document is none, and reads the next', async () => {
    const yaml = reader();
    const broken = await rejection(yaml.parse('a: ['));
    expect(broken.code).toBe(400);
    expect(broken.message).toMatch(/^error converting YAML to JSON: .*line 1/);
    expect(await yaml.parse('a: 1')).toEqual({ a: 1 });
  });

  // On the api's own thread the first two ended the api.
  it.each([
    ['brackets', 'a: ', '[', 20_000],
    ['dashes', '', '- ', 20_000],
    ['braces', '', '{a: ', 2_000],
  ])('outlives %s within each other', async (_, head, open, times) => {
    const yaml = reader({ timeoutMs: 5_000 });
    expect((await rejection(yaml.parse(head + open.repeat(times)))).code).toBe(400);
    expect(await eventuallyParsed(yaml)).toEqual({ a: 1 });
  });

  it('keeps nobody else waiting, whatever the size', async () => {
    const yaml = reader();
    await yaml.parse('warm: up');
    const text = configMap(16_000);
    let reading = true;
    const read = yaml.parse(text).finally(() => (reading = false));
    let longest = 0;
    let turns = 0;
    for (let last = performance.now(); reading; turns++) {
      await turn();
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
    expect(Object.keys(((await read) as { data: object }).data)).toHaveLength(16_000);
    // On this thread it would have been one turn of half a second, or of eight when keys are compared with each other.
    expect(turns).toBeGreaterThan(100);
    expect(longest).toBeLessThan(500);
  });

  it('costs what its size explains', async () => {
    const yaml = reader();
    const took = async (keys: number): Promise<number> => {
      const text = configMap(keys);
      const begun = performance.now();
      await yaml.parse(text);
      return performance.now() - begun;
    };
    await took(2_000);
    const small = Math.max(await took(4_000), 20);
    expect((await took(32_000)) / small).toBeLessThan(32);
  });

  it('gives up what takes too long, and goes on with the next', async () => {
    const yaml = reader({ timeoutMs: 2_000 });
    const slow = rejection(yaml.parse(configMap(500_000)));
    const next = yaml.parse('a: 1');
    expect(await slow).toMatchObject({ code: 400, message: expect.stringMatching(/takes more than 2 s/) as string });
    // Its process has to begin first, which may take as long.
    await next.catch(() => undefined);
    expect(await eventuallyParsed(yaml)).toEqual({ a: 1 });
  });

  it('makes no more of aliases than a body may hold', async () => {
    const text = `a: &a ["${'x'.repeat(1_000)}"]\nb: [${Array.from({ length: 90 }, () => '*a').join(',')}]`;
    expect((await rejection(reader({ longest: 50_000 }).parse(text))).code).toBe(413);
  });

  it('lets only so many wait', async () => {
    const yaml = reader({ waiting: 2 });
    const taken = [1, 2, 3].map((n) => yaml.parse(`a: ${n}`));
    expect((await rejection(yaml.parse('a: 4'))).code).toBe(429);
    expect(await Promise.all(taken)).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });
});

async function eventuallyParsed(yaml: YamlReader): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await yaml.parse('a: 1');
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}
