import { Tokens } from './tokens';

describe('Tokens', () => {
  const tokens = new Tokens('# who may\nsecret,admin,1,"system:masters,ops"\nother,eve,2,system:masters\n\n');

  it('knows users by their bearer token', () => {
    expect(tokens.userOf('Bearer secret')).toEqual({ name: 'admin', uid: '1', groups: ['system:masters', 'ops'] });
    expect(tokens.userOf('bearer other')).toMatchObject({ name: 'eve', groups: ['system:masters'] });
  });

  it.each([undefined, 'Bearer wrong', 'Basic secret', 'Bearer', ''])('does not know %s', (header) => {
    expect(tokens.userOf(header)).toBeUndefined();
  });

  it('does not take a file that it can not read', () => {
    expect(() => new Tokens('only-a-token\n')).toThrow(/line 1 of the token file/);
    expect(() => new Tokens('')).toThrow(/holds no token/);
  });

  it('does not take a token that is promised fewer rights than it would have, and does not repeat it', () => {
    const read = (line: string) => (): Tokens => new Tokens(`secret,admin,1,"system:masters"\n${line}\n`);
    expect(read('t0ken,vera,7,"viewers"')).toThrow(
      'line 2 of the token file: user "vera" is not in the group system:masters, and users with fewer rights than all ' +
        "are not served yet, so this token would be an administrator's; remove the line, or make it " +
        '<token>,vera,7,"viewers,system:masters" if that is meant',
    );
    expect(read('t0ken,vera')).toThrow(/<token>,vera,,"system:masters"/);
  });
});
