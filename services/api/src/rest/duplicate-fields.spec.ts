import { duplicateFields } from './duplicate-fields';

describe('duplicateFields', () => {
  it.each([
    ['{"a":1,"b":{"a":2}}', []],
    ['{"a":"x:y\\"z\\\\","b":":"}', []],
    ['{"data":{"a":"1"},"data":{"a":"2"}}', ['data']],
    ['{"spec":{"containers":[{"name":"c"},{"image":"a","image":"b","image":"c"}]}}', ['spec.containers[1].image']],
    ['{"a":{"b":1},"c":[[{"d":1,"d":2}]],"a":{"b":1,"b":2}}', ['c[0][0].d', 'a', 'a.b']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['{"\\u0061":1,"a":2}', ['a']],
    ['[1,"2",null]', []],
  ])('of %s are %j', (text, expected) => {
    expect(duplicateFields(text, JSON.parse(text))).toEqual(expected);
  });
});
