import { isJsonObject, jsonObjectProblem, statusOf } from '@shiplog/apimachinery';
import type { PatchType } from '@shiplog/contracts';
import { decodeKubernetesProtobuf, MalformedProtobuf } from '@shiplog/representation';
import { duplicateFields } from './duplicate-fields';
import { throwStatus } from './errors';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const OBJECT_TYPES = ['application/json', 'application/yaml', PROTOBUF];

/** Patch types by content type; the keys are in the order in which Kubernetes lists them. */
const PATCH_TYPES: ReadonlyMap<string, PatchType> = new Map([
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
  ['application/apply-patch+yaml', 'apply'],
]);

/** How deep objects and arrays may stand in one another. No kind that is served comes near; recursion everywhere can go there. */
const DEEPEST = 200;

/** A content type without its parameters, in lower case; '' when there is none. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Whether a body of that content type is read as YAML. */
export function isYaml(contentType: string | undefined): boolean {
  return mediaTypeOf(contentType) === 'application/yaml';
}

/** Hears of each field that a body gives twice: it can be read all the same, but strict decoding does not let it pass. */
export type DuplicateListener = (sentence: string) => void;

/** What reads YAML: it takes its time, so it is no part of this. Throws StatusError for what it can't read. */
export interface YamlParser {
  parse(text: string, onDuplicate?: DuplicateListener): Promise<unknown>;
}

/** What a body should be. */
export interface Expected {
  /** For the refusal of what is none. */
  readonly kind: string;
  readonly onDuplicate?: DuplicateListener;
}

/** The object in a request's body, JSON, YAML or protobuf. 400 when it is malformed, 415 when it is none of them. */
export async function parseObject(
  body: Buffer | undefined,
  contentType: string | undefined,
  yaml: YamlParser,
  expected: Expected,
): Promise<Record<string, unknown>> {
  const bytes = body ?? Buffer.alloc(0);
  const value = await parseBody(bytes, mediaTypeOf(contentType), yaml, expected);
  if (isJsonObject(value)) return value;
  if (value === null) return {};
  return unrecognised(bytes, expected, jsonObjectProblem(JSON.stringify(value) ?? '', GO_TYPE) ?? '');
}

/** As Kubernetes first looks at a body: only for what it is of. */
const GO_TYPE = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

/** 400, with the beginning of what was sent. */
function unrecognised(body: Buffer, { kind }: Expected, problem: string): never {
  const description = `the object provided is unrecognized (must be of type ${kind})`;
  throwStatus(
    statusOf.badRequest(`${description}: couldn't get version/kind; json parse error: ${problem} (${summary(body)})`),
  );
}

const SUMMARY_BYTES = 30;

/** As text when it begins as an object, in hexadecimal when it may be anything (summarizeData in Kubernetes' apiserver). */
function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const start = body.subarray(0, SUMMARY_BYTES).toString(body[0] === OPENING_BRACE ? 'utf8' : 'hex');
  return body.length > SUMMARY_BYTES ? `${start} ...` : start;
}

const OPENING_BRACE = 123;

/** Only YAML takes its time. */
function parseBody(body: Buffer, type: string, yaml: YamlParser, expected: Expected): unknown {
  switch (type) {
    case PROTOBUF:
      return shallow(parseProtobuf(body));
    case '':
    // Named by OpenAPI for every body, and sent as it is by some generated clients.
    case '*/*':
    case 'application/json':
      return parseJson(body.toString('utf8'), expected.onDuplicate, (problem) => unrecognised(body, expected, problem));
    default:
      if (isYaml(type)) return yaml.parse(body.toString('utf8'), expected.onDuplicate).then(shallow);
      return throwStatus(statusOf.unsupportedMediaType(OBJECT_TYPES));
  }
}

function parseProtobuf(body: Buffer): unknown {
  try {
    return decodeKubernetesProtobuf(body);
  } catch (error) {
    if (error instanceof MalformedProtobuf) throwStatus(statusOf.badRequest(error.message));
    throw error;
  }
}

/** A patch and its type. 400 when it is malformed, 415 when it is none. */
export async function parsePatch(
  body: Buffer | undefined,
  contentType: string | undefined,
  yaml: YamlParser,
  onDuplicate?: DuplicateListener,
): Promise<{ type: PatchType; patch: unknown }> {
  const type = PATCH_TYPES.get(mediaTypeOf(contentType));
  if (type === undefined) return throwStatus(statusOf.unsupportedMediaType([...PATCH_TYPES.keys()]));
  const text = body?.toString('utf8') ?? '';
  if (type === 'apply') return { type, patch: await parseApplied(text, yaml, onDuplicate) };
  const malformed = (problem: string): never =>
    throwStatus(statusOf.badRequest(type === 'strategic' ? problem : `error decoding patch: ${problem}`));
  return { type, patch: parseJson(text, onDuplicate, malformed) };
}

/** What is applied is YAML, and nearly always JSON at that, which needs no reader of YAML. */
async function parseApplied(text: string, yaml: YamlParser, onDuplicate?: DuplicateListener): Promise<unknown> {
  const json = text.trimStart().startsWith('{') ? jsonOf(text) : undefined;
  if (json === undefined) return shallow(await yaml.parse(text, onDuplicate));
  return parseJson(text, onDuplicate, (problem) => throwStatus(statusOf.badRequest(`error decoding YAML: ${problem}`)));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The DeleteOptions in a body; undefined when there is none, as most clients but kubectl send it. */
export async function parseDeleteOptions(
  body: Buffer | undefined,
  contentType: string | undefined,
  yaml: YamlParser,
): Promise<Record<string, unknown> | undefined> {
  return body === undefined || body.length === 0
    ? undefined
    : parseObject(body, contentType, yaml, { kind: 'DeleteOptions' });
}

/** `malformed` hears what is wrong, in Go's words. */
function parseJson(
  text: string,
  onDuplicate: DuplicateListener | undefined,
  malformed: (problem: string) => never,
): unknown {
  const value = shallow(valueOf(text, malformed));
  if (onDuplicate !== undefined)
    for (const path of duplicateFields(text, value)) onDuplicate(`duplicate field ${JSON.stringify(path)}`);
  return value;
}

function valueOf(text: string, malformed: (problem: string) => never): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return malformed(jsonObjectProblem(text) ?? 'unexpected end of JSON input');
  }
}

/** The value, if what reads it may go to its bottom. 400 when it is nested too deeply. */
function shallow(value: unknown): unknown {
  if (isDeeper(value, DEEPEST)) {
    throwStatus(
      statusOf.badRequest(`the body of the request is nested too deeply: at most ${DEEPEST} levels are allowed`),
    );
  }
  return value;
}

/** Whether objects and arrays stand in one another on more than so many levels; goes no deeper than that itself. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const key in value) {
    if (isDeeper((value as Record<string, unknown>)[key], levels - 1)) return true;
  }
  return false;
}
