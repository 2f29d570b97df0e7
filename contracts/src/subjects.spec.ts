import fc from 'fast-check';
import { ANYTHING, nameOfToken, principalOfSubject, subjects, subjectToken } from './subjects';
import { anyName } from './testing/any-name';

describe('a name as a subject token', () => {
  it.each([
    ['', '_'],
    ['_', '%5F'],
    ['minion-1', 'minion-1'],
    ['node.example.com', 'node%2Eexample%2Ecom'],
    ['100%', '100%25'],
    ['a b\tc', 'a%20b%09c'],
    ['*', '%2A'],
    ['>', '%3E'],
    ['a\u00a0b', 'a%C2%A0b'],
    ['Zoë', 'Zoë'],
  ])('%j is %s', (name, token) => {
    expect(subjectToken(name)).toBe(token);
    expect(nameOfToken(token)).toBe(name);
  });

  it('is one token that NATS gives no meaning to, and leads back to the name', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const token = subjectToken(name);
        expect(token).not.toMatch(/[.*>\s]/);
        expect(token).not.toBe('');
        expect(nameOfToken(token)).toBe(name);
      }),
    );
  });
});

describe('an address of a process', () => {
  it('is a pattern where it is asked to be, and never by a name', () => {
    const address = 'health.{service}.{instance}';
    expect(subjects.process(address, { service: 'api', instance: ANYTHING })).toBe('shiplog.v1.health.api.*');
    expect(subjects.process(address, { service: 'api', instance: '*' })).toBe('shiplog.v1.health.api.%2A');
  });
});

describe('the sender of a message', () => {
  const kinds = fc.constantFrom('api' as const, 'node' as const, 'user' as const);

  it('is who the subject was made for, whatever the name', () => {
    fc.assert(
      fc.property(kinds, anyName, (kind, name) => {
        const principal = { kind, name };
        expect(principalOfSubject(subjects.command('Batch', principal))).toEqual(principal);
        expect(principalOfSubject(subjects.commandLater('BindPods', principal))).toEqual(principal);
        expect(principalOfSubject(subjects.query('state', principal))).toEqual(principal);
        expect(principalOfSubject(subjects.signal('head', principal))).toEqual(principal);
      }),
    );
  });

  it('is nobody where the subject is not made for a sender, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.oneof(anyName, fc.constantFrom('as', 'later', 'signal', 'command')), (name) => {
        expect(principalOfSubject(subjects.node(name, 'attach'))).toBeUndefined();
        expect(
          principalOfSubject(subjects.process('health.{service}.{instance}', { service: name, instance: name })),
        ).toBe(undefined);
        const parts = { service: name, scope: name, member: name };
        expect(principalOfSubject(subjects.process('leadership.{service}.{scope}.{member}', parts))).toBeUndefined();
        const event = { resource: 'pods', node: name, namespace: name, name, fact: 'Created' } as const;
        expect(principalOfSubject(subjects.event(event))).toBeUndefined();
        expect(principalOfSubject(subjects.stream(`api.${subjectToken(name)}`, 'x'))).toBeUndefined();
      }),
    );
  });
});
