import { Interest } from './interest';

describe('Interest', () => {
  it('knows the wildcards of NATS', () => {
    const interest = new Interest<string>();
    for (const subject of ['a.b', 'a.*', 'a.>', '*.b.c', '>']) interest.add(subject, subject);
    expect(interest.of('a.b')).toEqual(['a.b', 'a.*', 'a.>', '>']);
    expect(interest.of('a')).toEqual(['>']);
    expect(interest.of('a.b.c')).toEqual(['a.>', '*.b.c', '>']);
    interest.delete('a.b', 'a.b');
    interest.delete('a.>', 'a.>');
    expect(interest.of('a.b')).toEqual(['a.*', '>']);
  });
});
