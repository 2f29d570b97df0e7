import type { KubeStatus } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import type { AnsweredQuestion, WebhookQuestion } from './question';

/** As often as Kubernetes begins anew with an object that was changed meanwhile. */
const MOST_TIMES = 5;

/** What webhooks were asked of one request, and have answered: it is decided anew with that until there is nothing left to ask. */
export class AskedQuestions {
  readonly answers = new Map<string, AnsweredQuestion>();
  readonly #times = new Map<string, number>();

  /** Whether questions may be asked: of what never stays as it was for long enough, not for ever. */
  mayAsk(questions: readonly WebhookQuestion[]): boolean {
    for (const { key } of questions) {
      const times = (this.#times.get(key) ?? 0) + 1;
      this.#times.set(key, times);
      if (times > MOST_TIMES) return false;
    }
    return true;
  }

  take(answered: readonly AnsweredQuestion[]): void {
    for (const item of answered) this.answers.set(item.question.key, item);
  }
}

/** 500 for a request that is never decided on what webhooks were asked about. */
export function restlessCluster(): KubeStatus {
  return statusOf.internal('the cluster changes faster than admission webhooks answer');
}
