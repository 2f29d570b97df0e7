import { Catalog } from '@shiplog/apimachinery';
import { servedApi } from '@shiplog/representation';
import { StatusError, type KubeStatus, type PatchType, type StoredObject } from '@shiplog/contracts';
import { checkFields, checkPatch } from './field-validation';
import type { ResourceRequest } from './request';
import { parsePath, type ResourceTarget } from './request-info';

const request = (validation: string, body = '', contentType = 'application/json'): ResourceRequest => ({
  target: parsePath('/api/v1/namespaces/default/configmaps/a', servedApi(Catalog.builtIn)) as ResourceTarget,
  verb: 'create',
  query: { fieldValidation: validation },
  user: { name: 'admin', uid: '1', groups: [] },
  accept: undefined,
  contentType,
  body: Buffer.from(body),
});

function refusal(attempt: () => unknown): KubeStatus {
  try {
    attempt();
  } catch (error) {
    if (error instanceof StatusError) return error.status;
    throw error;
  }
  throw new Error('was not refused');
}

describe('the fields of an object', () => {
  const text = '{"foo":1,"data":{"a":"1","a":"2"},"foo":2,"bar":1}';
  const duplicates = ['duplicate field "data.a"', 'duplicate field "foo"'];
  const faults = ['unknown field "foo"', 'duplicate field "data.a"', 'unknown field "bar"'];

  it('are told of in the order of the text', () => {
    expect(checkFields(request('Warn', text), JSON.parse(text), duplicates, 'CreateOptions')).toEqual(faults);
    expect(checkFields(request('Ignore', text), JSON.parse(text), duplicates, 'CreateOptions')).toEqual([]);
    expect(
      refusal(() => checkFields(request('Strict', text), JSON.parse(text), duplicates, 'CreateOptions')),
    ).toMatchObject({
      code: 400,
      message: `ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ${faults.join(', ')}`,
    });
  });

  it('of YAML are told of line by line, and then those that are unknown', () => {
    const lines = ['line 3: key "a" already set in map', 'line 5: key "b" already set in map'];
    const yaml = (validation: string) => request(validation, 'x', 'application/yaml');
    expect(checkFields(yaml('Warn'), { foo: 1 }, lines, 'CreateOptions')).toEqual([...lines, 'unknown field "foo"']);
    expect(refusal(() => checkFields(yaml('Strict'), { foo: 1 }, lines, 'CreateOptions')).message).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ' +
        'yaml: unmarshal errors:\n  line 3: key "a" already set in map\n  line 5: key "b" already set in map, unknown field "foo"',
    );
  });
});

describe('the fields of a patch', () => {
  const current = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } as StoredObject;
  const told = (type: PatchType, patch: unknown, duplicates: string[] = []) =>
    refusal(() => checkPatch(request('Strict'), { type, patch }, duplicates, current));

  it.each<[PatchType, unknown]>([
    ['strategic', { dat: { a: 'b' } }],
    ['merge', { dat: { a: 'b' } }],
    ['json', [{ op: 'add', path: '/dat', value: { a: 'b' } }]],
  ])('that is a %s one are refused as those of an object are', (type, patch) => {
    expect(told(type, patch)).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: expect.stringMatching(/strict decoding error: unknown field "dat"$/),
    });
  });

  it('of JSON patches that are given twice are said to be a patch’s', () => {
    const patch = [{ op: 'add', path: '/data', value: { a: 'b' } }];
    expect(told('json', patch, ['duplicate field "[0].value.a"']).message).toMatch(
      /strict decoding error: json patch duplicate field "\[0\]\.value\.a"$/,
    );
  });

  it('are nobody’s when there is no such object', () => {
    const patch = { dat: 1 };
    expect(refusal(() => checkPatch(request('Strict'), { type: 'merge', patch }, [], undefined))).toMatchObject({
      code: 404,
      message: 'configmaps "a" not found',
    });
  });
});
