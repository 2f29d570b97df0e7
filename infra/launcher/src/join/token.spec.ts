import { decodeToken, encodeToken, type JoinToken } from './token';

const token: JoinToken = {
  id: 'abc',
  url: 'tls://192.0.2.1:4222',
  expires: '2026-01-01T00:00:00.000Z',
  seed: 'SU…',
  certificate: 'c',
  key: 'k',
  authority: 'a',
};

describe('a token', () => {
  it('is one word that says the same again', () => {
    const word = encodeToken(token);
    expect(word).toMatch(/^shiplog1\.[\w-]+$/);
    expect(decodeToken(word)).toEqual(token);
  });

  it.each([
    ['another word', 'hello', 'a token begins with shiplog1.'],
    ['half of one', encodeToken(token).slice(0, 40), 'the token is not whole'],
    ['another list', `shiplog1.${Buffer.from('').toString('base64url')}`, 'the token is not whole'],
  ])('that is %s is refused with a sentence', (_, word, sentence) => {
    expect(() => decodeToken(word)).toThrow(sentence);
  });
});
