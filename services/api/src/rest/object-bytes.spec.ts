import { versionedAs } from '@shiplog/apimachinery';
import { builtIn, storedApiVersion, type BuiltIn, type StoredObject } from '@shiplog/contracts';
import { lineOf } from './object-bytes';

const metadata = { name: 'a', uid: 'a', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const lineFor = (resource: BuiltIn, fields: object) => {
  const row = builtIn(resource);
  const object = { apiVersion: storedApiVersion(row), kind: row.kind, metadata, ...fields } as unknown as StoredObject;
  return lineOf(versionedAs(row, undefined)!, object).toString();
};

describe('the bytes of a revision', () => {
  const data = { command: ['a && b > c < d', 'say "\u2028"'] };

  it('are those that Go writes, and say the same', () => {
    const line = lineFor('controllerrevisions.apps', { data });
    expect(line).toContain('a \\u0026\\u0026 b \\u003e c \\u003c d');
    expect(line).toContain('\\u2028');
    expect((JSON.parse(line) as { data: unknown }).data).toEqual(data);
  });

  it('are no others than before of any other kind', () => {
    expect(lineFor('configmaps', { data: { text: 'a && b' } })).toContain('a && b');
  });
});
