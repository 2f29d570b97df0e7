import { COMMAND_TYPES, isResourceId, type AnyCommand, type CommandType, type KubeStatus } from '@shiplog/contracts';
import { statusOf } from '@shiplog/machinery';
import { isObject } from '../merge-patch';

type Json = Record<string, unknown>;
/** What is wrong with a value, or undefined. */
type Check = (value: unknown) => string | undefined;

export type CheckedCommand = { ok: true; command: AnyCommand } | { ok: false; status: KubeStatus };

const MAX_ID_LENGTH = 200;
/** Ids and names become columns and header values: no control characters. */
const CONTROL = /[\u0000-\u001f\u007f]/;

const text: Check = (value) => (typeof value === 'string' && !CONTROL.test(value) ? undefined : 'must be a text');
const anyText: Check = (value) => (typeof value === 'string' ? undefined : 'must be a text');
const filledText: Check = (value) => text(value) ?? (value === '' ? 'must not be empty' : undefined);
const commandId: Check = (value) =>
  filledText(value) ??
  ((value as string).length > MAX_ID_LENGTH ? `must have at most ${MAX_ID_LENGTH} characters` : undefined);
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const position: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'must be a position: a whole number from 0';
const seconds: Check = (value) => (Number.isSafeInteger(value) ? undefined : 'must be a whole number of seconds');
const anything: Check = (value) => (value === undefined ? 'is required' : undefined);
const json: Check = (value) => (isObject(value) ? undefined : 'must be a JSON object');
const resource: Check = (value) =>
  typeof value === 'string' && isResourceId(value) ? undefined : 'must name a resource that is served';
const oneOf =
  (...words: string[]): Check =>
  (value) =>
    words.includes(value as string) ? undefined : `must be one of ${words.join(', ')}`;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value);
const fields =
  (checks: Record<string, Check>): Check =>
  (value) => {
    if (!isObject(value)) return 'must be a JSON object';
    for (const [name, check] of Object.entries(checks)) {
      const wrong = check(value[name]);
      if (wrong !== undefined) return within(name, wrong);
    }
    return undefined;
  };
const listOf =
  (check: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return 'must be a list';
    for (let i = 0; i < value.length; i++) {
      const wrong = check(value[i]);
      if (wrong !== undefined) return within(String(i), wrong);
    }
    return undefined;
  };

/** Paths grow from the inside out: `data.pods.0.uid must be a text`. */
function within(name: string, wrong: string): string {
  return /^(must|is) /.test(wrong) ? `${name} ${wrong}` : `${name}.${wrong}`;
}

const object = fields({ metadata: json });
const key = { resource, namespace: text, name: filledText };
const pod = { namespace: filledText, name: filledText, uid: filledText, cause: optional(position) };
const deletion = {
  gracePeriodSeconds: optional(seconds),
  propagationPolicy: optional(oneOf('Background', 'Foreground', 'Orphan')),
  preconditions: optional(fields({ uid: optional(text), resourceVersion: optional(text) })),
  dryRun: optional(flag),
};

const DATA: Record<CommandType, Check> = {
  CreateObject: fields({ resource, namespace: text, object, dryRun: optional(flag) }),
  ReplaceObject: fields({ ...key, object, subresource: optional(text), dryRun: optional(flag) }),
  PatchObject: fields({
    ...key,
    subresource: optional(text),
    patchType: oneOf('json', 'merge', 'strategic'),
    patch: anything,
    dryRun: optional(flag),
  }),
  DeleteObject: fields({ ...key, ...deletion }),
  DeleteCollection: fields({
    resource,
    namespace: text,
    labelSelector: optional(text),
    fieldSelector: optional(text),
    ...deletion,
  }),
  BindPods: fields({ bindings: listOf(fields({ ...pod, node: filledText, decision: optional(json) })) }),
  MarkPodsUnschedulable: fields({ pods: listOf(fields({ ...pod, message: anyText, decision: json })) }),
  ReportPods: fields({ node: filledText, pods: listOf(fields({ ...pod, status: json })) }),
};

const envelope = fields({
  id: commandId,
  type: oneOf(...COMMAND_TYPES),
  actor: filledText,
  cause: optional(position),
  basis: optional(position),
});

/** A command as it came over the wire, or the 400 that says what is wrong with it. */
export function checkCommand(value: unknown): CheckedCommand {
  const wrong = envelope(value) ?? wrongData(value as Json);
  if (wrong === undefined) return { ok: true, command: value as AnyCommand };
  return { ok: false, status: statusOf.badRequest(`not a command: ${wrong}`) };
}

function wrongData(command: Json): string | undefined {
  const wrong = DATA[command.type as CommandType](command.data);
  return wrong === undefined ? undefined : within('data', wrong);
}
