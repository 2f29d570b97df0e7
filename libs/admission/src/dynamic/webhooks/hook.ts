import type { KubeStatus, MutatingWebhook, ObjectOf, ResourceVersion, ValidatingWebhook } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { CONDITIONS_COST, type Expression } from '../../cel/policies/expressions';
import type { AdmissionAttributes } from '../attributes';
import type { MatchCriteria } from '../matching';
import { compileConditions, meets, PolicyProgram } from '../policies/program';
import type { AdmissionRun } from '../run';
import type { WebhookQuestion } from './question';

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;
type Configuration =
  | ObjectOf<'validatingwebhookconfigurations.admissionregistration.k8s.io'>
  | ObjectOf<'mutatingwebhookconfigurations.admissionregistration.k8s.io'>;

/** A webhook of a configuration, and which requests it is for. */
export interface Hook {
  readonly type: 'mutating' | 'validating';
  readonly configuration: string;
  readonly webhook: Webhook;
  readonly criteria: MatchCriteria;
}

const DEFAULT_SECONDS = 10;
const REVIEW_VERSIONS = ['v1', 'v1beta1'];

/** The webhooks of configurations, in the order of these (which is by name) and within each. */
export function hooksOf(type: Hook['type'], configurations: readonly Configuration[]): Hook[] {
  return configurations.flatMap(({ metadata, webhooks = [] }) =>
    webhooks.map((webhook: Webhook): Hook => {
      const { rules, matchPolicy, namespaceSelector, objectSelector } = webhook;
      const criteria = { resourceRules: rules, matchPolicy, namespaceSelector, objectSelector, emptyMeansAll: false };
      return { type, configuration: metadata.name, webhook, criteria };
    }),
  );
}

/** Whether a webhook is to be asked of a request, in which version; or why the request can't go on. */
export type Concern = { readonly version: ResourceVersion | undefined } | { readonly denial: KubeStatus };

export function concernOf(hook: Hook, attributes: AdmissionAttributes, run: AdmissionRun): Concern {
  const version = run.matched(hook.criteria, attributes);
  const { matchConditions = [], failurePolicy } = hook.webhook;
  if (version === undefined || matchConditions.length === 0) return { version };
  const { program, conditions } = compiledConditions(hook.webhook);
  const met = meets(
    conditions,
    program.evaluation(run.view(attributes, version), undefined, run.budget(CONDITIONS_COST)),
  );
  if ('met' in met) return { version: met.met ? version : undefined };
  if (failurePolicy === 'Ignore') return { version: undefined };
  return { denial: statusOf.forbidden(attributes.row, attributes.name, met.error) };
}

interface Compiled {
  readonly program: PolicyProgram;
  readonly conditions: readonly Expression[];
}

/** Objects of the log never change: conditions are compiled once, when they are first asked. */
const compiled = new WeakMap<object, Compiled>();

/** Of all webhooks: their conditions have no variables of their own. */
let program: PolicyProgram | undefined;

/** The match conditions of a webhook, whatever is wrong with them. */
export function compiledConditions(webhook: Pick<Webhook, 'matchConditions'>): Compiled {
  let known = compiled.get(webhook);
  if (known === undefined) {
    program ??= new PolicyProgram([], false);
    compiled.set(webhook, (known = { program, conditions: compileConditions(program, webhook.matchConditions) }));
  }
  return known;
}

/** What a webhook is asked of a request. `round`: 1 when it is asked once more. */
export function questionOf(
  { type, configuration, webhook }: Hook,
  attributes: AdmissionAttributes,
  version: ResourceVersion,
  run: AdmissionRun,
  round = 0,
): WebhookQuestion {
  const view = run.view(attributes, version);
  const { row, operation, subresource, namespace, name, object, oldObject } = attributes;
  const { uid } = (oldObject ?? object)?.metadata ?? {};
  const about = [row.id, operation, subresource, namespace, name, oldObject === undefined ? '' : uid];
  return {
    key: JSON.stringify([type, configuration, webhook.name, round, ...about]),
    type,
    configuration,
    webhook: webhook.name,
    clientConfig: webhook.clientConfig,
    timeoutSeconds: webhook.timeoutSeconds ?? DEFAULT_SECONDS,
    reviewVersion: webhook.admissionReviewVersions.find((item) => REVIEW_VERSIONS.includes(item)) ?? 'v1',
    request: {
      ...view.reviewedRequest,
      object: view.objects.object ?? null,
      oldObject: view.objects.oldObject ?? null,
    },
    resource: row.id,
  };
}

/** Whether a failure of a webhook lets requests pass. */
export function failsOpen({ webhook: { failurePolicy } }: Hook): boolean {
  return failurePolicy === 'Ignore';
}

/** 500 for a webhook that could not be asked, and has to be. */
export function failureOf(webhook: string, failure: string): KubeStatus {
  return statusOf.internal(`failed calling webhook ${JSON.stringify(webhook)}: ${failure}`);
}
