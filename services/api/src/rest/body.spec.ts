import { StatusError, type KubeStatus } from '@shiplog/contracts';
import { YamlReader } from '../handlers/writes/yaml-reader';
import { parseDeleteOptions, parseObject, parsePatch } from './body';

const yaml = new YamlReader();
afterAll(() => yaml.onApplicationShutdown());

async function rejection(attempt: () => unknown): Promise<KubeStatus> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof StatusError) return error.status;
    throw error;
  }
  throw new Error('was not refused');
}

describe('parseObject', () => {
  const parsed = (body: string, type: string | undefined) =>
    parseObject(Buffer.from(body), type, yaml, { kind: 'Pod' });

  it('reads JSON and YAML', async () => {
    expect(await parsed('{"kind":"Pod"}', 'application/json; charset=utf-8')).toEqual({ kind: 'Pod' });
    expect(await parsed('kind: Pod\n', 'application/yaml')).toEqual({ kind: 'Pod' });
  });

  it.each([undefined, '', ' ', '*/*'])('takes a body of the type %j for JSON', async (type) => {
    expect(await parsed('{"kind":"Pod"}', type)).toEqual({ kind: 'Pod' });
  });

  it.each([
    ['broken JSON', '{', 'application/json', 400],
    ['broken YAML', 'a: [', 'application/yaml', 400],
    ['no object', '[1]', 'application/json', 400],
    ['nothing', '', 'application/json', 400],
    ['JSON nested too deeply', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`, 'application/json', 400],
    ['YAML nested too deeply', `a: ${'['.repeat(200)}${']'.repeat(200)}`, 'application/yaml', 400],
    ['protobuf that is none', 'x', 'application/vnd.kubernetes.protobuf', 400],
    ['another type', 'x', 'text/html', 415],
    ['what is no type', '{}', 'json', 415],
    ['a word that objects know', '{}', 'constructor', 415],
  ])('refuses %s', async (_, body, type, code) => {
    expect((await rejection(() => parsed(body, type))).code).toBe(code);
  });
});

describe('a body that is no object', () => {
  const message = async (body: string) =>
    (await rejection(() => parseObject(Buffer.from(body), undefined, yaml, { kind: 'Pod' }))).message;
  const UNREAD =
    "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error:";

  it.each([
    ['', 'unexpected end of JSON input (<empty>)'],
    ['{"a":', 'unexpected end of JSON input ({"a":)'],
    [`{"kind":"Pod","apiVersion":"v1"`, 'unexpected end of JSON input ({"kind":"Pod","apiVersion":"v1 ...)'],
    [
      '[1]',
      String.raw`json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" } (5b315d)`,
    ],
  ])('%s is told with its beginning', async (body, problem) => {
    expect(await message(body)).toBe(`${UNREAD} ${problem}`);
  });
});

describe('parsePatch', () => {
  it.each([
    ['merge', 'error decoding patch: unexpected end of JSON input'],
    ['strategic-merge', 'unexpected end of JSON input'],
  ])('says what is wrong with a broken %s patch', async (type, message) => {
    expect((await rejection(() => parsePatch(Buffer.from('{'), `application/${type}-patch+json`))).message).toBe(
      message,
    );
  });

  it('knows the three types', () => {
    const type = (media: string): string => parsePatch(Buffer.from('{}'), `application/${media}+json`).type;
    expect(['json-patch', 'merge-patch', 'strategic-merge-patch'].map(type)).toEqual(['json', 'merge', 'strategic']);
  });

  it('refuses a patch that is nested too deeply', async () => {
    const deep = (levels: number) => () =>
      parsePatch(Buffer.from('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)), 'application/merge-patch+json');
    expect(deep(200)).not.toThrow();
    expect((await rejection(deep(201))).message).toBe(
      'the body of the request is nested too deeply: at most 200 levels are allowed',
    );
  });

  it('says what to use instead of server-side apply', async () => {
    const status = await rejection(() => parsePatch(Buffer.from('{}'), 'application/apply-patch+yaml'));
    expect(status.code).toBe(415);
    expect(status.message).toMatch(/server-side apply is not served.*application\/merge-patch\+json/);
  });
});

describe('parseDeleteOptions', () => {
  it('may be missing', async () => {
    expect(await parseDeleteOptions(undefined, undefined, yaml)).toBeUndefined();
    expect(await parseDeleteOptions(Buffer.from('{"gracePeriodSeconds":1}'), 'application/json', yaml)).toEqual({
      gracePeriodSeconds: 1,
    });
  });
});
