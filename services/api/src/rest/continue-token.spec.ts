import { continueToken, parseContinue, throwContinueExpired } from './continue-token';

describe('continue tokens', () => {
  it('hold where the next page begins', () => {
    const from = { position: 1234, after: 'default/web-1' };
    expect(parseContinue(continueToken(from))).toEqual(from);
  });

  it('may be for the state of now, after a 410 that offers one', () => {
    expect(parseContinue(continueToken({ after: 'default/web-1' }))).toEqual({ after: 'default/web-1' });
    const refusal = (): never => throwContinueExpired('a/b');
    expect(refusal).toThrow(
      expect.objectContaining({
        status: expect.objectContaining({
          code: 410,
          reason: 'Expired',
          metadata: { continue: continueToken({ after: 'a/b' }) },
        }) as unknown,
      }) as Error,
    );
  });

  const forged = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    forged({ v: 'shiplog/v1', rv: 0, after: 'a' }),
    forged({ v: 'shiplog/v1', rv: -2, after: 'a' }),
    forged({ v: 'shiplog/v1', rv: 1, after: '' }),
    forged({ v: 'shiplog/v1', rv: '1', after: 'a' }),
  ])('are of a position and a place: %s', (token) => {
    expect(() => parseContinue(token)).toThrow(/continue key is not valid/);
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
