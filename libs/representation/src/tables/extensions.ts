import type {
  APIService,
  LabelSelector,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '@shiplog/contracts';
import { conditionOf } from '@shiplog/kube';
import { ageOf } from '../duration';
import { AGE, count, NAME, text, type Printer, UNSET } from './column';

/** Both kinds of webhooks. */
export const webhookConfigurationPrinter: Printer<MutatingWebhookConfiguration | ValidatingWebhookConfiguration> = {
  columns: [NAME, count('Webhooks', 'How many webhooks it has.'), AGE],
  cells: ({ metadata, webhooks = [] }, now) => [
    metadata.name ?? '',
    webhooks.length,
    ageOf(metadata.creationTimestamp, now),
  ],
};

const PARAM_KIND = text('ParamKind', 'What objects are its parameters.');

const paramKindOf = (kind: { apiVersion?: string; kind?: string } | undefined): string =>
  kind === undefined ? UNSET : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;

export const validatingAdmissionPolicyPrinter: Printer<ValidatingAdmissionPolicy> = {
  columns: [NAME, count('Validations', 'How many validations it has.'), PARAM_KIND, AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name ?? '',
    spec?.validations?.length ?? 0,
    paramKindOf(spec?.paramKind),
    ageOf(metadata.creationTimestamp, now),
  ],
};

export const mutatingAdmissionPolicyPrinter: Printer<MutatingAdmissionPolicy> = {
  columns: [NAME, count('Mutations', 'How many mutations it has.'), PARAM_KIND, AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name ?? '',
    spec?.mutations?.length ?? 0,
    paramKindOf(spec?.paramKind),
    ageOf(metadata.creationTimestamp, now),
  ],
};

/** Both kinds of bindings of policies. */
export const policyBindingPrinter: Printer<ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding> = {
  columns: [
    NAME,
    text('PolicyName', 'Which policy it puts into force.'),
    text('ParamRef', 'Which objects are its parameters.'),
    AGE,
  ],
  cells({ metadata, spec }, now) {
    const { name = '', namespace = '', selector } = spec?.paramRef ?? {};
    // Without a namespace it may be of any, or of none: which one can't be told from the binding.
    const named = `${namespace === '' ? '*' : namespace}/${name}`;
    const params = name === '' ? (selector === undefined ? UNSET : goText(selector)) : named;
    return [metadata.name ?? '', spec?.policyName ?? '', params, ageOf(metadata.creationTimestamp, now)];
  },
};

/** As Go's LabelSelector writes itself. */
function goText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const requirements = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  const expressions = `[]LabelSelectorRequirement{${requirements.join('')}}`;
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:${expressions},}`;
}

export const apiServicePrinter: Printer<APIService> = {
  columns: [
    NAME,
    text('Service', 'Who serves it: this server itself, or a Service.'),
    text('Available', 'Whether it can be used.'),
    AGE,
  ],
  cells(object, now) {
    const { metadata, spec } = object;
    const { service } = spec ?? {};
    const available = conditionOf(object, 'Available');
    const reason = available === undefined || available.status === 'True' ? '' : ` (${available.reason ?? ''})`;
    return [
      metadata.name ?? '',
      service === undefined ? 'Local' : `${service.namespace ?? ''}/${service.name ?? ''}`,
      `${available?.status ?? 'Unknown'}${reason}`,
      ageOf(metadata.creationTimestamp, now),
    ];
  },
};
