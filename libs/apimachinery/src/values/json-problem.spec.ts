import { jsonObjectProblem } from './json-problem';

describe('what is wrong with JSON', () => {
  it.each([
    ['{}', undefined],
    ['{"a":[1]}', undefined],
    ['null', undefined],
    ['{not json', "invalid character 'n' looking for beginning of object key string"],
    ['{"a":x}', "invalid character 'x' looking for beginning of value"],
    ['', 'unexpected end of JSON input'],
    ['{"a":1', 'unexpected end of JSON input'],
    ['[1]', 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    ['"x"', 'json: cannot unmarshal string into Go value of type map[string]interface {}'],
  ])('of %s is %j', (text, expected) => {
    expect(jsonObjectProblem(text)).toBe(expected);
  });
});
