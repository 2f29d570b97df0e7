import { Tokens } from './authenticate';

describe('Tokens', () => {
  const tokens = new Tokens('# who may\nsecret,admin,1,"system:masters,ops"\nother,eve,2\n\n');

  it('knows users by their bearer token', () => {
    expect(tokens.userOf('Bearer secret')).toEqual({ name: 'admin', uid: '1', groups: ['system:masters', 'ops'] });
    expect(tokens.userOf('bearer other')).toMatchObject({ name: 'eve', groups: [] });
  });

  it.each([undefined, 'Bearer wrong', 'Basic secret', 'Bearer', ''])('does not know %s', (header) => {
    expect(tokens.userOf(header)).toBeUndefined();
  });

  it('does not take a file that it can not read', () => {
    expect(() => new Tokens('only-a-token\n')).toThrow(/line 1 of the token file/);
    expect(() => new Tokens('')).toThrow(/holds no token/);
  });
});
