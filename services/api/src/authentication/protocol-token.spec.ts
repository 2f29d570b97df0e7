import { protocolTokenOf, withoutTokens } from './protocol-token';

const PREFIX = 'base64url.bearer.authorization.k8s.io.';
const tokenProtocol = (token: string | Buffer): string => PREFIX + Buffer.from(token).toString('base64url');
const asked = (protocols: string | undefined, upgrade: string | undefined = 'websocket') =>
  protocolTokenOf({ headers: { upgrade, 'sec-websocket-protocol': protocols } });

describe('a token among the protocols of a WebSocket', () => {
  it.each([
    ['before another', `${tokenProtocol('secret')}, binary.k8s.io`],
    ['after another', `v5.channel.k8s.io,${tokenProtocol('secret')}`],
    ['among several', `a, ${tokenProtocol('secret')}, b`],
  ])('is read %s', (_, protocols) => {
    expect(asked(protocols)).toEqual({ token: 'secret' });
  });

  it('may be any text', () => {
    expect(asked(`${tokenProtocol('ключ?>/+')},a`)).toEqual({ token: 'ключ?>/+' });
    expect(asked(`${tokenProtocol('secret')},a`, 'WebSocket')).toEqual({ token: 'secret' });
  });

  it.each([
    ['alone', tokenProtocol('secret')],
    ['twice', `${tokenProtocol('secret')}, ${tokenProtocol('secret')}, a`],
    ['empty and another', `${PREFIX}, ${tokenProtocol('secret')}, a`],
    ['padded', `${PREFIX}YQ==, a`],
    ['in plain base64', `${PREFIX}++++, a`],
    ['cut', `${PREFIX}YWJjZ, a`],
    ['no UTF-8', `${tokenProtocol(Buffer.from([0xff, 0xfe]))}, a`],
  ])('that is %s is nobody’s', (_, protocols) => {
    expect(asked(protocols)).toEqual({ token: undefined });
  });

  it.each([
    ['no protocol', undefined, 'websocket'],
    ['other protocols', 'binary.k8s.io', 'websocket'],
    ['an empty token', `${PREFIX}, a`, 'websocket'],
    ['a request for something else', `${tokenProtocol('secret')}, a`, 'h2c'],
    ['a request for no upgrade', `${tokenProtocol('secret')}, a`, ''],
  ])('is not in %s', (_, protocols, upgrade) => {
    expect(asked(protocols, upgrade)).toBeUndefined();
  });

  it('is shown to nobody else', () => {
    expect(withoutTokens(['a', tokenProtocol('secret'), PREFIX, 'b'])).toEqual(['a', 'b']);
  });
});
