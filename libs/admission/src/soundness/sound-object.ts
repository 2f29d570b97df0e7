import type { KubeObject, ResourceId, ResourceRow } from '@shiplog/contracts';
import {
  asStored,
  Catalog,
  decodeObject,
  dnsLabel,
  expectedAt,
  isToken,
  ownField,
  pathSegment,
  Problems,
} from '@shiplog/apimachinery';
import { rulesOf } from '../kinds';
import { SOUND } from './rules';

const LONGEST_REASON = 300;

/**
 * What is wrong with an object that came over the wire, in one line that names the field; undefined when a reader may act
 * on it: it is of its resource's types throughout, says who it is, and what becomes a path, an address or a port is one.
 * Whatever the journal admitted passes. The object itself is not changed; what it holds besides is the caller's not to use.
 */
export function soundObject(resource: ResourceId, object: unknown): string | undefined {
  const row = Catalog.builtIn.get(resource);
  if (row === undefined) return 'nothing is known of its resource';
  const hole = findNull(object);
  if (hole !== undefined) return shortened(`${hole.join('').slice(1) || 'the object'} must not be null`);
  const decoded = decodeObject(expectedAt(asStored(row)), object);
  if (!decoded.ok) return shortened(decoded.status.message ?? 'it can not be read');
  const problems = new Problems();
  checkIdentity(row, decoded.value, problems);
  // The decoder has made sure that the rule only ever sees objects of its own resource.
  (ownField(SOUND, resource) as ((object: KubeObject, problems: Problems) => void) | undefined)?.(
    decoded.value,
    problems,
  );
  const [first] = problems.causes;
  return first === undefined ? undefined : shortened(`${first.field}: ${first.message}`);
}

function checkIdentity(row: ResourceRow, { metadata }: KubeObject, problems: Problems): void {
  const { name = '', namespace, uid } = metadata;
  if (!isToken(uid)) problems.invalid('metadata.uid', uid, 'must be 1 to 64 letters, digits and dashes');
  const wrong = pathSegment(name);
  if (name === '') problems.required('metadata.name');
  else
    for (const detail of wrong.length > 0 ? wrong : rulesOf(row).name(name))
      problems.invalid('metadata.name', name, detail);
  if (!row.namespaced) {
    if (namespace !== undefined) problems.forbidden('metadata.namespace', 'not allowed on this type');
    return;
  }
  for (const detail of dnsLabel(namespace ?? '')) problems.invalid('metadata.namespace', namespace, detail);
}

/** Where a null is, step by step; the decoder takes it for absent, readers of the object itself would not. */
function findNull(value: unknown): string[] | undefined {
  if (value === null) return [];
  if (typeof value !== 'object') return undefined;
  for (const key of Object.keys(value as object)) {
    const found = findNull((value as Record<string, unknown>)[key]);
    if (found !== undefined) return [Array.isArray(value) ? `[${key}]` : `.${key}`, ...found];
  }
  return undefined;
}

function shortened(reason: string): string {
  return reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason;
}
