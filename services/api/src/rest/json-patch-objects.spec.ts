import { jsonPatchObjects } from './json-patch-objects';

describe('jsonPatchObjects', () => {
  it.each([
    [{ op: 'add', path: '/dta', value: { a: 'x' } }, [{ dta: { a: 'x' } }]],
    [{ op: 'replace', path: '/metadata/labels/a~1b', value: 'x' }, [{ metadata: { labels: { 'a/b': 'x' } } }]],
    [
      { op: 'add', path: '/spec/containers/1/imge', value: 'b' },
      [{ spec: { containers: [{}, { imge: 'b' }] } }, { spec: { containers: { 1: { imge: 'b' } } } }],
    ],
    [{ op: 'add', path: '/a/-', value: 1 }, [{ a: [1] }, { a: { '-': 1 } }]],
    [{ op: 'add', path: '/a/999999999', value: 1 }, [{ a: [1] }, { a: { 999999999: 1 } }]],
    [{ op: 'remove', path: '/a' }, []],
    [{ op: 'add', path: 7, value: 1 }, []],
    [null, []],
  ])('of %j are %j', (operation, expected) => {
    expect(jsonPatchObjects([operation])).toEqual(expected);
  });

  it('of what is no list are none', () => {
    expect(jsonPatchObjects({ op: 'add' })).toEqual([]);
  });
});
