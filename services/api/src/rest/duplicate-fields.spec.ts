import { duplicateFields, faultsInOrder } from './duplicate-fields';

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

describe('faultsInOrder', () => {
  it('tells of unknown and repeated fields as they come, and of what is unknown nothing else', () => {
    const text = '{"b":1,"b":2,"x":{"y":1,"y":2},"x":3,"c":[{"d":1,"d":2,"z":1}],"b":3}';
    expect(faultsInOrder(text, ['x', 'c[0].z'])).toEqual([
      'duplicate field "b"',
      'unknown field "x"',
      'duplicate field "c[0].d"',
      'unknown field "c[0].z"',
    ]);
  });
});
