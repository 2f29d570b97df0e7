import type { AdmissionWebhookClientConfig, KubeObject, ResourceId, WebhookAnswer } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import type { ReviewedRequest } from '../request';

/** What a webhook is asked: an AdmissionReview's request without its uid. */
export interface WebhookRequest extends ReviewedRequest {
  readonly object: KubeObject | null;
  readonly oldObject: KubeObject | null;
}

/** A webhook that has to be asked before a command can be decided. */
export interface WebhookQuestion {
  /** Which of the command's questions it is, however often it is asked. */
  readonly key: string;
  readonly type: 'mutating' | 'validating';
  readonly configuration: string;
  readonly webhook: string;
  readonly clientConfig: AdmissionWebhookClientConfig;
  readonly timeoutSeconds: number;
  /** Of admission.k8s.io, in which it is asked: `v1` or `v1beta1`. */
  readonly reviewVersion: string;
  readonly request: WebhookRequest;
  /** Of the resource that the request is about. */
  readonly resource: ResourceId;
}

/** What was answered to a question, on a position of the log. */
export interface AnsweredQuestion {
  readonly question: WebhookQuestion;
  readonly basis: number;
  readonly answer: WebhookAnswer;
}

/** Whether an answer is one to a question: what was asked about is still as it was. */
export function isAnswerTo(answered: AnsweredQuestion, question: WebhookQuestion): boolean {
  const { question: asked } = answered;
  return (
    asked.reviewVersion === question.reviewVersion &&
    sameJson(asked.clientConfig, question.clientConfig) &&
    sameJson(asked.request, question.request)
  );
}
