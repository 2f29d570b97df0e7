import { continueToken, parseContinue } from './continue-token';

describe('continue tokens', () => {
  it('hold where the next page begins', () => {
    const from = { position: 1234, after: 'default/web-1' };
    expect(parseContinue(continueToken(from))).toEqual(from);
  });

  it('are safe in a URL', () => {
    expect(continueToken({ position: 1, after: 'ü/??>>~' })).toMatch(/^[\w-]+$/);
  });

  it.each(['', 'abc', Buffer.from('{"v":"other"}').toString('base64url'), Buffer.from('null').toString('base64url')])(
    'are not made up: %s',
    (token) => {
      expect(() => parseContinue(token)).toThrow(/continue key is not valid/);
    },
  );
});
