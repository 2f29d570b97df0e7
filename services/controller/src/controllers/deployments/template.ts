import type { PodTemplateSpec } from '@shiplog/contracts';
import { isJsonObject, sameJson } from '@shiplog/apimachinery';
import { safeHash } from '../../domain/safe-hash';

/** On a Deployment's ReplicaSets and their pods: the hash of their template. */
export const HASH_LABEL = 'pod-template-hash';

/** Maps of the API that mean the same when they are empty and when they are not there; an empty structure may mean something. */
const MAPS: ReadonlySet<string> = new Set(['labels', 'annotations', 'nodeSelector', 'limits', 'requests']);

/** Whether two templates make the same pods, but for the label that tells their sets apart (EqualIgnoreHash). */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return sameJson(comparable(a), comparable(b));
}

/** @param collisions how often this Deployment's hashes have met another's already: another count gives another hash */
export function templateHash(template: PodTemplateSpec, collisions: number): string {
  return safeHash(`${JSON.stringify(comparable(template))}${collisions || ''}`);
}

/** The template with its hash, as pods get it. */
export function hashedTemplate(template: PodTemplateSpec, hash: string): PodTemplateSpec {
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  return { ...template, metadata: { ...template.metadata, labels } };
}

function comparable(template: PodTemplateSpec): unknown {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return meaningOf({ ...template, metadata: { ...template.metadata, labels } });
}

/** What Go leaves out or can't tell from nothing is left out, and fields are in the order of their names. */
function meaningOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaningOf);
  if (!isJsonObject(value)) return value;
  const fields = Object.keys(value)
    .sort()
    .filter((name) => !isNothing(name, value[name]))
    .map((name) => [name, meaningOf(value[name])]);
  return Object.fromEntries(fields);
}

function isNothing(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return MAPS.has(name) && isJsonObject(value) && Object.keys(value).length === 0;
}
