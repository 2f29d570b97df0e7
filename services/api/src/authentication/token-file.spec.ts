import { Tokens } from './token-file';

describe('Tokens', () => {
  const tokens = new Tokens('# who may\nsecret,admin,1,"system:masters,ops"\nother,eve,2,system:masters\n\n');

  it('knows users by their bearer token', () => {
    expect(tokens.userOf('secret')).toEqual({
      name: 'admin',
      uid: '1',
      groups: ['system:masters', 'ops', 'system:authenticated'],
    });
    expect(tokens.userOf('other')).toMatchObject({
      name: 'eve',
      groups: ['system:masters', 'system:authenticated'],
    });
  });

  it('puts everybody into the group of those who are known', () => {
    expect(new Tokens('t,vera\n').userOf('t')).toEqual({
      name: 'vera',
      uid: '',
      groups: ['system:authenticated'],
    });
  });

  it.each(['wrong', 'admin', ''])('does not know "%s"', (token) => {
    expect(tokens.userOf(token)).toBeUndefined();
  });

  it('does not take a file that it can not read', () => {
    expect(() => new Tokens('only-a-token\n')).toThrow(/line 1 of the token file/);
    expect(() => new Tokens('')).toThrow(/holds no token/);
  });
});
