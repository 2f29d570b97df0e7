import { headerValue, warningHeader } from './warning-header';

describe('warningHeader', () => {
  it('quotes each text once', () => {
    expect(warningHeader(['unknown field "a\\b"', 'other', 'other'])).toBe(
      '299 - "unknown field \\"a\\\\b\\"", 299 - "other"',
    );
    expect(warningHeader([])).toBe('');
  });

  it('leaves long texts whole while all together are short', () => {
    expect(warningHeader(['x'.repeat(4_000)])).toBe(`299 - "${'x'.repeat(4_000)}"`);
  });

  it('cuts long texts, then leaves texts out, once all together are too long', () => {
    const texts = Array.from({ length: 100 }, (_, i) => `${i} ${'ü'.repeat(1_000)}`);
    const sent = warningHeader(texts).split(', ');
    expect(sent[0]).toBe(`299 - "0 ${'ü'.repeat(254)}"`);
    expect(sent).toHaveLength(8);
  });
});

describe('headerValue', () => {
  it.each(['plain', 'цвет', 'a\r\nb: c', '\ud800', '\u0000\u007f\u0085'])('makes %j legal', (text) => {
    expect(headerValue(text)).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
  });

  it('is UTF-8 to who reads bytes', () => {
    expect(Buffer.from(headerValue('цвет'), 'latin1').toString('utf8')).toBe('цвет');
  });
});
