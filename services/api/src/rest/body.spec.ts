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
    ['a form, as curl sends when it is not told better', '{}', 'application/x-www-form-urlencoded', 415],
    ['YAML by another name', 'a: b', 'text/yaml', 415],
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
    expect((await rejection(() => parsePatch(Buffer.from('{'), `application/${type}-patch+json`, yaml))).message).toBe(
      message,
    );
  });

  it('knows the four types', async () => {
    const media = ['json-patch+json', 'merge-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml'];
    const read = await Promise.all(media.map((type) => parsePatch(Buffer.from('{}'), `application/${type}`, yaml)));
    expect(read.map(({ type }) => type)).toEqual(['json', 'merge', 'strategic', 'apply']);
  });

  it('refuses a patch that is nested too deeply', async () => {
    const deep = (levels: number) => () =>
      parsePatch(Buffer.from('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)), 'application/merge-patch+json', yaml);
    await deep(200)();
    expect((await rejection(deep(201))).message).toBe(
      'the body of the request is nested too deeply: at most 200 levels are allowed',
    );
  });

  it('reads what is applied as JSON where it is, else as YAML', async () => {
    const read = async (text: string): Promise<unknown> =>
      (await parsePatch(Buffer.from(text), 'application/apply-patch+yaml', yaml)).patch;
    expect(await read('{"a":1}')).toEqual({ a: 1 });
    expect(await read('a: 1')).toEqual(await yaml.parse('a: 1'));
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
