import type { ObjectMeta, PodTemplateSpec } from '@shiplog/contracts';
import { nameWarnings, podWarnings } from '../pods/warnings';

/** Of a new object whose name comes to be a part of those of its pods. */
export function podNameWarnings(metadata: ObjectMeta): string[] {
  return nameWarnings(metadata, 'this is used in Pod names and hostnames');
}

/** Of the template of an object that is new, or whose spec has changed. */
export function templateWarnings(
  { metadata }: { readonly metadata: ObjectMeta },
  before: { readonly metadata: ObjectMeta } | undefined,
  template: PodTemplateSpec | undefined,
  at: string,
): string[] {
  if (before !== undefined && before.metadata.generation === metadata.generation) return [];
  return template === undefined ? [] : podWarnings(template, at);
}
