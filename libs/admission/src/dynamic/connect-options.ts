import type { KubeObject } from '@shiplog/contracts';
import { ok, refused, statusOf, type Result } from '@shiplog/apimachinery';

type Form = 'bool' | 'string' | '[]string' | '[]int32';

const STREAMS: readonly (readonly [string, Form])[] = [
  ['stdin', 'bool'],
  ['stdout', 'bool'],
  ['stderr', 'bool'],
  ['tty', 'bool'],
  ['container', 'string'],
];
const PROXY: readonly (readonly [string, Form])[] = [['path', 'string']];

/** The fields of all that can be asked of a connection (k8s.io/api/core/v1). */
const FIELDS: ReadonlyMap<string, readonly (readonly [string, Form])[]> = new Map([
  ['PodExecOptions', [...STREAMS, ['command', '[]string']]],
  ['PodAttachOptions', STREAMS],
  ['PodPortForwardOptions', [['ports', '[]int32']]],
  ['PodProxyOptions', PROXY],
  ['ServiceProxyOptions', PROXY],
  ['NodeProxyOptions', PROXY],
]);

/**
 * The options of a connection as the API shows them: without metadata, which they have none of, and without what is empty, but for the
 * command of an exec. 500 where somebody has made something else of them than options of their kind.
 */
export function readConnectOptions(kind: string, given: Readonly<Record<string, unknown>>): Result<KubeObject> {
  const { apiVersion, kind: shown } = given;
  if (apiVersion !== 'v1' || shown !== kind) {
    const from = `${String(apiVersion)}.${String(shown)}`;
    return refused(statusOf.internal(`converting (${from}) to (core.${kind}): unknown conversion`));
  }
  const options: Record<string, unknown> = { kind, apiVersion };
  for (const [name, form] of FIELDS.get(kind) ?? []) {
    const value = given[name];
    const misfit = misfitOf(value, form);
    if (misfit !== undefined) {
      const [found, wanted] = misfit;
      const field = `${kind}.${name}`;
      return refused(
        statusOf.internal(`json: cannot unmarshal ${found} into Go struct field ${field} of type ${wanted}`),
      );
    }
    if (!isEmpty(value)) options[name] = value;
    else if (name === 'command') options[name] = null;
  }
  return ok(options as KubeObject);
}

function isEmpty(value: unknown): boolean {
  const isNothing = value === undefined || value === null || value === false || value === '';
  return isNothing || (Array.isArray(value) && value.length === 0);
}

/** What a value is, and what Go would have it be; undefined where it is that. */
function misfitOf(value: unknown, form: Form): readonly [found: string, wanted: string] | undefined {
  if (value === undefined || value === null) return undefined;
  switch (form) {
    case 'bool':
      return typeof value === 'boolean' ? undefined : [nameOf(value), form];
    case 'string':
      return typeof value === 'string' ? undefined : [nameOf(value), form];
    case '[]string':
    case '[]int32': {
      if (!Array.isArray(value)) return [nameOf(value), form];
      const fits = form === '[]string' ? isText : isInt32;
      const odd: unknown = (value as unknown[]).find((item) => !fits(item));
      return odd === undefined ? undefined : [nameOf(odd), form.slice(2)];
    }
  }
}

const isText = (item: unknown): boolean => typeof item === 'string';
const isInt32 = (item: unknown): boolean => typeof item === 'number' && (item | 0) === item;

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
