import type { PrinterColumn, StoredObject } from '@shiplog/contracts';
import { followJsonPath, parseJsonPath } from '@shiplog/apimachinery';
import { ageOf } from '../duration';
import { NAME, type Cell, type Column, type Printer } from './column';

/** Of a definition that names no columns (tableconvertor.go in Kubernetes' apiextensions). */
const AGE_ALONE: readonly PrinterColumn[] = [
  { name: 'Age', type: 'date', description: 'When the object was created.', jsonPath: '.metadata.creationTimestamp' },
];

const made = new WeakMap<readonly PrinterColumn[], Printer<StoredObject>>();

/** How custom resources are shown: by the columns of their definition, after the name. */
export function customPrinter(columns: readonly PrinterColumn[] = AGE_ALONE): Printer<StoredObject> {
  let printer = made.get(columns);
  if (printer === undefined) {
    const paths = columns.map(({ jsonPath }) => parseJsonPath(jsonPath));
    const valuesAt = (i: number, object: StoredObject): unknown[] => {
      const path = paths[i];
      return path === undefined ? [] : followJsonPath(path, object);
    };
    const cells = (object: StoredObject, now: number): Cell[] => [
      object.metadata.name,
      ...columns.map((column, i) => cellOf(column, valuesAt(i, object), now)),
    ];
    made.set(columns, (printer = { columns: [NAME, ...columns.map(columnOf)], cells }));
  }
  return printer;
}

function columnOf({ name, type, format = '', description, priority = 0, jsonPath }: PrinterColumn): Column {
  const words = description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  return { name, type, format, description: words, priority };
}

/** Null for a value that is not there, or not of the column's type: clients print `<none>`. Of several, texts show all. */
function cellOf({ type }: PrinterColumn, values: readonly unknown[], now: number): Cell {
  const [value] = values;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? dateCell(value, now) : null;
    default:
      return values.length === 0 || value === null ? null : values.map(textOf).join(' ');
  }
}

function dateCell(value: string, now: number): string {
  if (value === '') return '<unknown>';
  return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, now);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
