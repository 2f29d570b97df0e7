import type { Problems } from '@shiplog/apimachinery';
import type { SchemaProps, Version } from './types';

type Subresources = NonNullable<Version['subresources']>;
type Columns = NonNullable<Version['additionalPrinterColumns']>;
type SelectableFields = NonNullable<Version['selectableFields']>;

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const MOST_SELECTABLE_FIELDS = 8;

/** That scale finds its numbers where they belong. */
export function validateSubresources({ scale }: Subresources, at: string, problems: Problems): void {
  if (scale === undefined) return;
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = scale;
  const SPEC = 'should be a json path under .spec';
  scalePath(`${at}.scale.specReplicasPath`, specReplicasPath, ['.spec.'], SPEC, problems);
  const STATUS = 'should be a json path under .status';
  scalePath(`${at}.scale.statusReplicasPath`, statusReplicasPath, ['.status.'], STATUS, problems);
  if (labelSelectorPath === '') return;
  const EITHER = 'should be a json path under either .spec or .status';
  scalePath(`${at}.scale.labelSelectorPath`, labelSelectorPath, ['.spec.', '.status.'], EITHER, problems);
}

function scalePath(at: string, path: string, roots: readonly string[], detail: string, problems: Problems): void {
  if (path === '') problems.required(at);
  else if (isSimplePath(at, path, problems) && !roots.some((root) => path.startsWith(root))) {
    problems.invalid(at, path, detail);
  }
}

function isSimplePath(at: string, path: string, problems: Problems): boolean {
  if (path.startsWith('.')) return true;
  problems.invalid(at, path, 'must be a simple json path starting with .');
  return false;
}

/** Of each column: a name, a type, and where its values are. */
export function validateColumns(columns: Columns, at: string, problems: Problems): void {
  columns.forEach(({ name, type, format = '', jsonPath }, i) => {
    const where = `${at}[${i}]`;
    const types = `must be one of ${COLUMN_TYPES.join(',')}`;
    if (name === '') problems.required(`${where}.name`);
    if (type === '') problems.required(`${where}.type`, types);
    else if (!COLUMN_TYPES.includes(type)) problems.invalid(`${where}.type`, type, types);
    if (format !== '' && !COLUMN_FORMATS.includes(format)) {
      problems.invalid(`${where}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`);
    }
    if (jsonPath === '') problems.required(`${where}.JSONPath`);
    else isSimplePath(`${where}.JSONPath`, jsonPath, problems);
  });
}

/** That each selectable field is a scalar of the schema, and named once. */
export function validateSelectableFields(
  fields: SelectableFields,
  schema: SchemaProps,
  at: string,
  problems: Problems,
): void {
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, i) => {
    const where = `${at}[${i}].jsonPath`;
    if (jsonPath === '') return problems.required(where);
    const found = fieldOf(schema, jsonPath);
    if (typeof found === 'string') return problems.invalid(where, jsonPath, `is an invalid path: ${found}`);
    if (jsonPath.startsWith('.metadata.') || jsonPath === '.metadata') {
      problems.invalid(where, jsonPath, 'must not point to fields in metadata');
    }
    if (!['string', 'boolean', 'integer'].includes(found.type ?? '')) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      problems.invalid(where, jsonPath, detail);
    }
    if (seen.has(jsonPath)) problems.duplicate(where, jsonPath);
    seen.add(jsonPath);
  });
  if (seen.size > MOST_SELECTABLE_FIELDS) problems.tooMany(at, seen.size, MOST_SELECTABLE_FIELDS);
}

/** The schema of a field by a path such as `.spec.size`, or what is wrong with the path. */
function fieldOf(schema: SchemaProps, path: string): SchemaProps | string {
  const [first, ...steps] = path.split('.');
  if (first !== '') return `expected [ or . but got: ${path.slice(0, 1)}`;
  let at = schema;
  for (const step of steps) {
    if (step === '') return 'expected identifier but got end of path';
    const { properties = {} } = at;
    if (!Object.hasOwn(properties, step)) return 'does not refer to a valid field';
    at = properties[step]!;
  }
  return at;
}
