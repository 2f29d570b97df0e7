import type { TSchema } from '@sinclair/typebox';
import { TypeCompiler, type TypeCheck, ValueErrorType, type ValueError } from '@sinclair/typebox/compiler';
import { isDeeperThan, MESSAGE_DEPTH } from '../budgets';

const compiled = new WeakMap<TSchema, TypeCheck<TSchema>>();

/**
 * What is wrong with a value, in a sentence that names the field (`data.pods.0.uid must be a string`), or undefined.
 * A schema is compiled at its first use; checking costs about a microsecond. What passes may be read by recursion.
 */
export function problemIn(schema: TSchema, value: unknown): string | undefined {
  if (isDeeperThan(value, MESSAGE_DEPTH)) return `is nested too deeply: at most ${MESSAGE_DEPTH} levels are allowed`;
  let check = compiled.get(schema);
  if (check === undefined) {
    check = TypeCompiler.Compile(schema);
    compiled.set(schema, check);
  }
  if (check.Check(value)) return undefined;
  const first = check.Errors(value).First();
  return first === undefined ? 'is not as declared' : sentence(first);
}

function sentence(error: ValueError): string {
  const { path, schema } = error;
  const field = path.slice(1).replace(/\//g, '.');
  // What was sent as a whole can't be missing: an empty payload isn't what it must be.
  const problem = field !== '' && isMissing(error) ? 'is required' : (problemOf(schema) ?? rule(error));
  return field === '' ? problem : `${field} ${problem}`;
}

function isMissing({ type, value }: ValueError): boolean {
  return type === ValueErrorType.ObjectRequiredProperty || value === undefined;
}

/** A schema's own word on what it wants. */
function problemOf(schema: TSchema): string | undefined {
  const { problem } = schema as { problem?: unknown };
  return typeof problem === 'string' ? problem : undefined;
}

function rule({ type, schema, message }: ValueError): string {
  switch (type) {
    case ValueErrorType.Object:
      return 'must be a JSON object';
    case ValueErrorType.Array:
      return 'must be a list';
    case ValueErrorType.String:
      return 'must be a string';
    case ValueErrorType.Boolean:
      return 'must be true or false';
    case ValueErrorType.Integer:
      return 'must be a whole number';
    case ValueErrorType.Number:
      return 'must be a number';
    case ValueErrorType.StringMinLength:
      return 'must not be empty';
    case ValueErrorType.StringMaxLength:
      return `must have at most ${String(schema['maxLength'])} characters`;
    case ValueErrorType.StringFormat:
      return schema['format'] === 'line'
        ? 'must not hold control characters or broken characters'
        : `must be a ${String(schema['format'])}`;
    case ValueErrorType.Literal:
      return `must be ${JSON.stringify(schema['const'])}`;
    default:
      return `is wrong: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  }
}
