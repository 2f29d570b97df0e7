import { plainLines, plainText } from './plain-text';

describe('text from elsewhere on its way to a terminal', () => {
  it('loses colours and cursor moves, and keeps its words', () => {
    expect(plainText('\u001b[31mred\u001b[0m')).toBe('red');
    expect(plainText('\u001b[2J\u001b[Hgone')).toBe('gone');
    expect(plainText('\u009b31mC1')).not.toMatch(/\u009b/);
  });

  it('keeps no control character even of a sequence that never ends', () => {
    for (const text of ['\u001b]52;c;c2VjcmV0', '\u001b]0;a title\u0007text', '\u001bP$q'])
      expect(plainText(text)).not.toMatch(/\p{Cc}/u);
    expect(plainText('a\rb\bc\u0000d\u007fe')).toBe('a b c d e');
  });

  it('is one line, in the direction it is read', () => {
    expect(plainText('ready\n  ✓ another row')).toBe('ready   ✓ another row');
    expect(plainText('a\u202eb\u2066c')).toBe('a b c');
  });

  it('keeps letters of every language, and signs', () => {
    expect(plainText('✓ Größe 日本 👩‍🚀')).toBe('✓ Größe 日本 👩‍🚀');
  });

  it('keeps its lines where there may be several', () => {
    expect(plainLines('one\u001b[1m\ntwo\u0007')).toBe('one\ntwo');
  });
});
