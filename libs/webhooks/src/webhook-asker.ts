import { randomUUID } from 'node:crypto';
import { readResponse, type AnsweredQuestion, type WebhookQuestion } from '@shiplog/admission';
import { OBJECT_BYTES, type WebhookAnswer } from '@shiplog/contracts';
import type { Logger } from 'pino';
import { Limiter, TurnTimeout } from './limiter';
import { WebhookFailed, type WebhookClient } from './webhook-client';

/** Calls at once, and of one webhook: a slow one leaves others room. */
const MOST_CALLS = 256;
const MOST_OF_ONE = 64;
/** A patch makes no object larger than it may be; it is sent in base64. */
const MOST_BYTES = 2 * OBJECT_BYTES;

/** Asks admission webhooks, beside all that its process does: each question is answered in its time, if only by a failure. */
export class WebhookAsker {
  readonly #limiter = new Limiter(MOST_CALLS, MOST_OF_ONE);

  constructor(
    private readonly client: Pick<WebhookClient, 'post'>,
    private readonly logger: Logger,
  ) {}

  /**
   * @param basis the position of the log that the questions show
   * @param signal ends the asking: what is not answered by then has failed
   */
  ask(
    questions: readonly WebhookQuestion[],
    basis: number,
    signal?: AbortSignal,
  ): Promise<readonly AnsweredQuestion[]> {
    return Promise.all(
      questions.map(async (question) => ({ question, basis, answer: await this.#answerTo(question, signal) })),
    );
  }

  async #answerTo(question: WebhookQuestion, signal: AbortSignal | undefined): Promise<WebhookAnswer> {
    const { configuration, webhook, timeoutSeconds } = question;
    // The time in which it waits for its turn is a part of what it has.
    const withinMs = timeoutSeconds * 1_000;
    const begun = performance.now();
    try {
      const post = (): Promise<WebhookAnswer> => {
        const left = Math.ceil(withinMs - (performance.now() - begun));
        return left > 0 ? this.#post(question, left, signal) : Promise.resolve({ failure: LATE });
      };
      return await this.#limiter.run(`${configuration}/${webhook}`, post, { signal, withinMs });
    } catch (error) {
      // Whatever it is, the command that waits for it must not wait for ever.
      if (error instanceof TurnTimeout) return { failure: LATE };
      if (signal?.aborted === true) return { failure: CANCELED };
      if (!(error instanceof WebhookFailed)) this.logger.error({ err: error, webhook }, 'a webhook could not be asked');
      return { failure: `failed to call webhook: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  async #post(question: WebhookQuestion, withinMs: number, signal: AbortSignal | undefined): Promise<WebhookAnswer> {
    const { clientConfig, reviewVersion: version, request, type, timeoutSeconds } = question;
    const uid = randomUUID();
    const review = { kind: 'AdmissionReview', apiVersion: `admission.k8s.io/${version}`, request: { uid, ...request } };
    const options = { timeoutSeconds, mostBytes: MOST_BYTES, withinMs, signal };
    const answer = await this.client.post(clientConfig, JSON.stringify(review), options);
    return readResponse(answer, { uid, version, mutating: type === 'mutating' });
  }
}

const LATE = 'failed to call webhook: context deadline exceeded';
const CANCELED = 'failed to call webhook: context canceled';
