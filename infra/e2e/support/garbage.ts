import { permissionsOf, type Identity } from '@shiplog/contracts';

/** What no message is: nothing, no JSON, JSON of the wrong type, the right envelope around the wrong things. */
export const GARBAGE: readonly Uint8Array[] = [
  '',
  '{',
  'null',
  '[1]',
  '7',
  '"text"',
  '{}',
  '{"id":7,"type":[],"actor":{},"data":null}',
  '{"id":"\\ud800","type":"CreateObject","actor":"\\ud800","data":{"resource":"pods","namespace":"default","object":{}}}',
  '{"channels":[{"resource":"pods","node":7}],"after":-1,"key":{},"for":0,"payload":{"__proto__":{"a":1}}}',
]
  .map((text) => Buffer.from(text))
  .concat(Buffer.from([0xff, 0xfe, 0x00, 0x80]));

/** A subject for everything that an identity may publish; where its right has a wildcard, some name. */
export function reachableBy(identity: Identity): string[] {
  const { publish } = permissionsOf(identity);
  return 'allow' in publish ? publish.allow.map(withoutWildcards) : [];
}

function withoutWildcards(subject: string): string {
  const named = (token: string): string =>
    token === '*' ? 'minion-1' : token === '>' ? 'main.0123456789abcdef' : token;
  return subject.split('.').map(named).join('.');
}
