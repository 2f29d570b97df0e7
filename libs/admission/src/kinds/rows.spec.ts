import { definition, resolved } from '../../../apimachinery/src/schema/definitions';
import { RESOURCES } from '@shiplog/contracts';
import { rulesOf } from './index';

/** Whether a path leads to a field that the kind has. */
function exists(schema: string, path: string): boolean {
  let at = definition(schema);
  for (const step of path.replaceAll('[*]', '.*').split('.')) {
    const next = step === '*' ? (at.items ?? at.additionalProperties) : at.properties?.[step];
    if (next === undefined) return false;
    at = resolved(next);
  }
  return true;
}

describe('the rules of a kind that are data', () => {
  it.each(RESOURCES)('are about fields that it has: $id', (row) => {
    const { rows, status } = rulesOf(row);
    const paths = [...(rows?.paths ?? []), ...(status?.rows?.paths ?? [])];
    expect(paths.filter((path) => !exists(String(row.versions[0].schema), path))).toEqual([]);
  });
});
