import { definition, resolved, type Schema } from '@shiplog/apimachinery';
import { apiVersionOf, type KubeObject, type ResourceRow } from '@shiplog/contracts';

const PREFIX = '#/definitions/';
/** Of types that are more than their JSON says, by the end of their names. */
const SPECIAL: readonly (readonly [RegExp, unknown])[] = [
  [/\.Quantity$/, '1'],
  [/\.(Time|MicroTime)$/, '2026-01-01T00:00:00Z'],
  [/\.IntOrString$/, 1],
];

/** The least that a schema lets an object be: what is required, and of that as little as there can be. */
export function minimalObject(row: ResourceRow, name: string): KubeObject {
  const [version] = row.versions;
  if (typeof version.schema !== 'string') throw new Error(`${row.id} has a schema of its own`);
  const content = minimal(definition(version.schema)) as object;
  return { ...content, apiVersion: apiVersionOf(version), kind: row.kind, metadata: { name } };
}

function minimal(schema: Schema): unknown {
  const special = SPECIAL.find(([type]) => type.test(schema.$ref?.slice(PREFIX.length) ?? ''));
  if (special !== undefined) return special[1];
  const { type, required = [], properties = {} } = resolved(schema);
  switch (type) {
    case 'string':
      return 'x';
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'array':
      return [];
    default:
      return Object.fromEntries(required.map((field) => [field, minimal(properties[field] ?? {})]));
  }
}
