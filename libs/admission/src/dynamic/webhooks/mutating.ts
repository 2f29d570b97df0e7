import type { ResourceVersion } from '@shiplog/contracts';
import { jsonPatchOutcome, ok, refused, sameJson, statusOf, type Result } from '@shiplog/apimachinery';
import type { AdmissionAttributes } from '../attributes';
import { withObject, type Reinvocation } from '../mutation';
import type { AdmissionRun } from '../run';
import { concernOf, failsOpen, failureOf, questionOf, type Hook } from './hook';
import { denialBy } from './response';

/**
 * Asks the mutating webhooks that a request is for, one after the other: each sees what those before it made of the object.
 * `again`: it is the second time, of those that are to be asked again.
 */
export function mutateByWebhooks(
  hooks: readonly Hook[],
  attributes: AdmissionAttributes,
  run: AdmissionRun,
  { reinvocation, again }: { readonly reinvocation: Reinvocation; readonly again: boolean },
): Result<AdmissionAttributes> {
  let current = attributes;
  for (const hook of hooks) {
    const key = JSON.stringify([hook.configuration, hook.webhook.name]);
    const concern = concernOf(hook, current, run);
    if ('denial' in concern) return refused(concern.denial);
    if (concern.version === undefined || (again && !reinvocation.isWanted(key))) continue;
    const mutated = mutatedBy(hook, current, concern.version, run, again ? 1 : 0);
    if (!mutated.ok) return mutated;
    if (!sameJson(mutated.value.object, current.object)) reinvocation.changed();
    if (hook.webhook.reinvocationPolicy === 'IfNeeded') reinvocation.invoked(key);
    current = mutated.value;
  }
  return ok(current);
}

function mutatedBy(
  hook: Hook,
  attributes: AdmissionAttributes,
  version: ResourceVersion,
  run: AdmissionRun,
  round: number,
): Result<AdmissionAttributes> {
  const { name } = hook.webhook;
  const question = questionOf(hook, attributes, version, run, round);
  const answer = run.answerTo(question);
  if (answer === undefined) return refused(run.pending ?? statusOf.internal('a webhook was not asked'));
  if ('failure' in answer) return failsOpen(hook) ? ok(attributes) : refused(failureOf(name, answer.failure));
  if (!answer.allowed) return refused(denialBy(name, answer.status));
  if (answer.patch === undefined || answer.patch.length === 0) return ok(attributes);
  const { object } = question.request;
  if (object === null) {
    const text = `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`;
    return refused(statusOf.internal(text));
  }
  const outcome = jsonPatchOutcome(object, answer.patch);
  if (!outcome.ok) return refused(statusOf.internal(outcome.problem));
  const changed = withObject(attributes, version, outcome.value);
  return changed.ok ? ok(run.withDefaults(changed.value)) : refused(statusOf.internal(changed.status.message ?? ''));
}
