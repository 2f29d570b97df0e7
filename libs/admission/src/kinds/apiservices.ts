import type { APIServiceSpec } from '@shiplog/contracts';
import { dns1035Label, dnsSubdomain, pathSegment, portNumber, type Problems, toSeconds } from '@shiplog/apimachinery';
import { by, supported } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';

const HTTPS = 443;

/** A priority from 1 to a bound; Kubernetes' text for it is off by one. */
const priority = (most: number) =>
  by((value: number, at, problems) => {
    if (value <= 0 || value > most) problems.invalid(at, value, `must be positive and less than ${most}`);
  });

function validateService(spec: APIServiceSpec, problems: Problems): void {
  const { service, insecureSkipTLSVerify = false, caBundle = '' } = spec;
  const skip = (rule: string): void => problems.invalid('spec.insecureSkipTLSVerify', insecureSkipTLSVerify, rule);
  if (service === undefined) {
    const bytes = Buffer.from(caBundle, 'base64').length;
    if (bytes > 0) problems.invalid('spec.caBundle', `${bytes} bytes`, 'local APIServices may not have a caBundle');
    if (insecureSkipTLSVerify) skip('local APIServices may not have insecureSkipTLSVerify');
    return;
  }
  const { namespace = '', name = '', port = HTTPS } = service;
  if (namespace === '') problems.required('spec.service.namespace');
  if (name === '') problems.required('spec.service.name');
  const wrong = portNumber(port).join(', ');
  if (wrong !== '') problems.invalid('spec.service.port', port, `port is not valid: ${wrong}`);
  if (insecureSkipTLSVerify && caBundle !== '') skip('may not be true if caBundle is present');
}

export const apiServices = defineKind<'apiservices.apiregistration.k8s.io'>({
  resource: 'apiservices.apiregistration.k8s.io',
  name: pathSegment,
  generation: 'none',
  defaults(draft) {
    draft.spec ??= { groupPriorityMinimum: 0, versionPriority: 0 };
    if (draft.spec.service !== undefined) draft.spec.service.port ??= HTTPS;
  },
  /** What this server serves itself is there at once. */
  prepareCreate(draft, ctx) {
    const available = {
      type: 'Available',
      status: 'True',
      lastTransitionTime: toSeconds(ctx.now),
      reason: 'Local',
      message: 'Local APIServices are always available',
    };
    draft.status = draft.spec?.service === undefined ? { conditions: [available] } : {};
  },
  rows: new FieldRules({
    'spec.groupPriorityMinimum': priority(20_000),
    'spec.versionPriority': priority(1000),
  }),
  validate({ metadata, spec }, problems) {
    if (spec === undefined) return;
    const { group = '', version = '' } = spec;
    const { name = '' } = metadata;
    const wanted = `${version}.${group}`;
    if (name !== wanted) {
      const rule = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`;
      problems.invalid('metadata.name', name, rule);
    }
    if (group === '' && version !== 'v1') {
      problems.required('spec.group', 'only v1 may have an empty group and it better be legacy kube');
    }
    if (group !== '') problems.breaches('spec.group', group, dnsSubdomain);
    problems.breaches('spec.version', version, dns1035Label);
    validateService(spec, problems);
  },
  status: {
    keeps: ['labels', 'annotations', 'ownerReferences', 'finalizers'],
    rows: new FieldRules({ 'status.conditions[*].status': supported('True', 'False', 'Unknown') }),
  },
});
