import type { KubeStatus } from '@shiplog/contracts';
import type { AdmissionAttributes } from '../attributes';
import type { AdmissionRun } from '../run';
import { concernOf, failsOpen, failureOf, questionOf, type Hook } from './hook';
import { denialBy } from './response';

/** Asks the validating webhooks that a request is for, all at once; the first that does not let it pass decides. */
export function validateByWebhooks(
  hooks: readonly Hook[],
  attributes: AdmissionAttributes,
  run: AdmissionRun,
): KubeStatus | undefined {
  const denials: KubeStatus[] = [];
  for (const hook of hooks) {
    const concern = concernOf(hook, attributes, run);
    if ('denial' in concern) return concern.denial;
    if (concern.version === undefined) continue;
    const answer = run.answerTo(questionOf(hook, attributes, concern.version, run));
    const { name } = hook.webhook;
    if (answer === undefined) continue;
    if ('failure' in answer) {
      if (!failsOpen(hook)) denials.push(failureOf(name, answer.failure));
    } else if (!answer.allowed) denials.push(denialBy(name, answer.status));
  }
  return run.pending ?? denials[0];
}
