import type { MutatingWebhook, ValidatingWebhook } from '@shiplog/contracts';
import { dns1035Label, dnsSubdomain, type Problems, sameJson } from '@shiplog/apimachinery';
import { MATCH_POLICIES, validateMatchConditions } from '../admission-rules/matching';
import { defaultRules, validateRule } from '../admission-rules/operations';
import { defaultWebhookClient, validateWebhookClient } from '../admission-rules/webhook-client';
import { compiledConditions } from '../dynamic/webhooks/hook';
import { validateLabelSelector } from '../pods/label-selector';
import { defineKind } from './kind';

const FAILURE_POLICIES = ['Fail', 'Ignore'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const REINVOCATIONS = ['IfNeeded', 'Never'];
/** Versions of AdmissionReview that a webhook may be asked in. */
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const DEFAULT_SECONDS = 10;
const MOST_SECONDS = 30;

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;

/** SetDefaults of both kinds of webhooks. */
function defaultWebhook(webhook: ValidatingWebhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= DEFAULT_SECONDS;
  defaultRules(webhook.rules);
  defaultWebhookClient(webhook.clientConfig);
}

function validateName(name: string, at: string, problems: Problems): void {
  if (name === '') return problems.required(at);
  const wrong = dnsSubdomain(name);
  if (wrong.length > 0) return problems.invalid(at, name, wrong.join(','));
  if (name.split('.').length < 3) {
    problems.invalid(at, name, 'should be a domain with at least three segments separated by dots');
  }
}

function validateSideEffects(sideEffects: string, at: string, problems: Problems): void {
  if (sideEffects === '') problems.required(at, `must specify one of ${SIDE_EFFECTS.join(', ')}`);
  else problems.unlessOneOf(at, sideEffects, SIDE_EFFECTS);
}

/** In which versions it may be asked: one at least must be one that this server can ask in. */
function validateVersions(versions: readonly string[], at: string, problems: Problems): void {
  const known = REVIEW_VERSIONS.join(', ');
  if (versions.length === 0) return problems.required(at, `must specify one of ${known}`);
  const seen = new Set<string>();
  versions.forEach((version, i) => {
    if (seen.has(version)) return problems.invalid(`${at}[${i}]`, version, 'duplicate version');
    seen.add(version);
    problems.breaches(`${at}[${i}]`, version, dns1035Label);
  });
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    problems.invalid(at, versions, `must include at least one of ${known}`);
  }
}

/** Kubernetes' validateValidatingWebhook and validateMutatingWebhook. */
function validateWebhook(webhook: Webhook, at: string, problems: Problems): void {
  const { timeoutSeconds = DEFAULT_SECONDS, namespaceSelector = {}, objectSelector = {} } = webhook;
  validateName(webhook.name, `${at}.name`, problems);
  webhook.rules?.forEach((rule, i) => validateRule(rule, `${at}.rules[${i}]`, problems));
  problems.unlessOneOf(`${at}.failurePolicy`, webhook.failurePolicy, FAILURE_POLICIES);
  problems.unlessOneOf(`${at}.matchPolicy`, webhook.matchPolicy, MATCH_POLICIES);
  validateSideEffects(webhook.sideEffects, `${at}.sideEffects`, problems);
  if (timeoutSeconds < 1 || timeoutSeconds > MOST_SECONDS) {
    const rule = `the timeout value must be between 1 and ${MOST_SECONDS} seconds`;
    problems.invalid(`${at}.timeoutSeconds`, timeoutSeconds, rule);
  }
  validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`, problems);
  validateLabelSelector(objectSelector, `${at}.objectSelector`, problems);
  problems.unlessOneOf(`${at}.reinvocationPolicy`, webhook.reinvocationPolicy, REINVOCATIONS);
  validateWebhookClient(webhook.clientConfig, `${at}.clientConfig`, problems);
  validateMatchConditions(webhook.matchConditions ?? [], `${at}.matchConditions`, problems);
  validateVersions(webhook.admissionReviewVersions, `${at}.admissionReviewVersions`, problems);
}

/** Conditions of one configuration that are compiled when it is written; what is wrong with others shows when they are asked. */
const MOST_COMPILED = 300;

/** The expressions of match conditions can be compiled, to a bool. */
function validateConditions(webhooks: readonly Webhook[], problems: Problems): void {
  let left = MOST_COMPILED;
  webhooks.forEach((webhook, i) => {
    const { matchConditions = [] } = webhook;
    left -= matchConditions.length;
    if (matchConditions.length === 0 || left < 0) return;
    compiledConditions({ matchConditions }).conditions.forEach(({ source, program }, k) => {
      if ('fault' in program) {
        problems.invalid(`webhooks[${i}].matchConditions[${k}].expression`, source, program.fault);
      }
    });
  });
}

function validateWebhooks(
  { webhooks = [] }: { webhooks?: readonly Webhook[] },
  problems: Problems,
  _ctx?: unknown,
  before?: { webhooks?: readonly Webhook[] },
): void {
  const seen = new Set<string>();
  webhooks.forEach((webhook, i) => {
    const at = `webhooks[${i}]`;
    validateWebhook(webhook, at, problems);
    if (webhook.name !== '' && seen.has(webhook.name)) problems.duplicate(`${at}.name`, webhook.name);
    seen.add(webhook.name);
  });
  if (problems.none && !sameJson(webhooks, before?.webhooks)) validateConditions(webhooks, problems);
}

export const validatingWebhookConfigurations =
  defineKind<'validatingwebhookconfigurations.admissionregistration.k8s.io'>({
    resource: 'validatingwebhookconfigurations.admissionregistration.k8s.io',
    name: dnsSubdomain,
    generation: 'content',
    defaults({ webhooks = [] }) {
      webhooks.forEach(defaultWebhook);
    },
    validate: validateWebhooks,
  });

export const mutatingWebhookConfigurations = defineKind<'mutatingwebhookconfigurations.admissionregistration.k8s.io'>({
  resource: 'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  name: dnsSubdomain,
  generation: 'content',
  defaults({ webhooks = [] }) {
    for (const webhook of webhooks) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate: validateWebhooks,
});
