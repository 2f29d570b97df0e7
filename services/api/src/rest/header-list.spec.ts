import { listOf } from './header-list';

it.each<[string | string[] | undefined, string[]]>([
  ['a, b,,c', ['a', 'b', 'c']],
  [
    ['a,b', 'c'],
    ['a', 'b', 'c'],
  ],
  [' , ', []],
  [undefined, []],
])('a header that lists words (%j) has %j', (header, words) => {
  expect(listOf(header)).toEqual(words);
});
