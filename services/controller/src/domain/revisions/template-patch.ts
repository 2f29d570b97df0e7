import type { PodTemplateSpec } from '@shiplog/contracts';
import { isJsonObject, sameJson } from '@shiplog/apimachinery';

/** What a ControllerRevision holds: a strategic merge patch that makes a controller's template the one of then. */
export type TemplatePatch = Readonly<Record<string, unknown>>;

/**
 * What Kubernetes' own types write of a template also where nothing is said, by the field that holds it. kubectl compares what
 * it writes of a template, byte by byte, with what a revision holds.
 */
const ALWAYS_WRITTEN: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'spec.template': { metadata: {} },
  'template.metadata': { creationTimestamp: null },
  'spec.containers': { resources: {} },
  'spec.initContainers': { resources: {} },
  'valueFrom.resourceFieldRef': { divisor: '0' },
  'items.resourceFieldRef': { divisor: '0' },
  'ephemeral.volumeClaimTemplate': { metadata: {} },
  'volumeClaimTemplate.metadata': { creationTimestamp: null },
  'volumeClaimTemplate.spec': { resources: {} },
};

/** The patch by which `kubectl rollout undo` comes back to this template (getPatch of pkg/controller/{statefulset,daemon}). */
export function patchOfTemplate(template: PodTemplateSpec): TemplatePatch {
  return asWritten({ spec: { template: { $patch: 'replace', ...template } } }) as TemplatePatch;
}

/** Whether such a patch, however somebody wrote it, makes the template the one of another. */
export function isSamePatch(patch: TemplatePatch | undefined, other: TemplatePatch): boolean {
  return patch !== undefined && sameJson(asWritten(patch), other);
}

/** The template that such a patch holds; undefined where somebody put something else into a revision. */
export function templateOfPatch(patch: TemplatePatch | undefined): PodTemplateSpec | undefined {
  const spec = patch?.spec;
  const template = isJsonObject(spec) ? spec.template : undefined;
  if (!isJsonObject(template) || !isJsonObject(template.spec)) return undefined;
  const { $patch: _, ...rest } = template;
  return rest as unknown as PodTemplateSpec;
}

/** Fields by their names, as Go writes a map. */
function asWritten(value: unknown, field = '', parent = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => asWritten(item, field, parent));
  if (!isJsonObject(value)) return value;
  const whole: Record<string, unknown> = { ...ALWAYS_WRITTEN[`${parent}.${field}`], ...value };
  const names = Object.keys(whole).filter((name) => whole[name] !== undefined);
  return Object.fromEntries(names.sort().map((name) => [name, asWritten(whole[name], name, field)]));
}
