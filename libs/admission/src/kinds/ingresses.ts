import type { IngressBackend, IngressClassParametersReference, IngressRule, IngressSpec } from '@shiplog/contracts';
import {
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  GoSyntax,
  ipAddress,
  isIp,
  pathSegment,
  portName,
  portNumber,
  type Problems,
  wildcardSubdomain,
} from '@shiplog/apimachinery';
import { domainPrefixedPath, form, immutable, required, shorterThan } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const UNCLEAR_IN_PATHS = ['//', '/./', '/../', '%2f', '%2F'];
const UNCLEAR_ENDS = ['/..', '/.'];
const MAX_CONTROLLER_BYTES = 250;
const SCOPES = ['Cluster', 'Namespace'];
const INGRESS = 'status.loadBalancer.ingress';

/** Kubernetes' rules for ingresses (ValidateIngressSpec). */
export const ingresses = defineKind<'ingresses.networking.k8s.io'>({
  resource: 'ingresses.networking.k8s.io',
  name: dnsSubdomain,
  generation: 'spec',
  prepareCreate(draft) {
    draft.status = { loadBalancer: {} };
  },
  validate(draft, problems, _ctx, before) {
    if (before !== undefined && draft.spec === before.spec) return;
    validateSpec(draft.spec ?? {}, problems);
    const annotated = draft.metadata.annotations?.[CLASS_ANNOTATION];
    const named = draft.spec?.ingressClassName;
    if (before !== undefined || annotated === undefined || named === undefined || annotated === named) return;
    const rule = 'must match `ingressClassName` when both are specified';
    problems.invalid(`annotations.${CLASS_ANNOTATION}`, annotated, rule);
  },
  status: {
    defaults(draft) {
      draft.status ??= {};
      draft.status.loadBalancer ??= {};
    },
    validate(draft, problems) {
      draft.status?.loadBalancer?.ingress?.forEach(({ ip, hostname }, i) => {
        if (ip !== undefined) problems.breaches(`${INGRESS}[${i}].ip`, ip, ipAddress);
        if (hostname === undefined) return;
        const at = `${INGRESS}[${i}].hostname`;
        problems.breaches(at, hostname, dnsSubdomain);
        if (isIp(hostname)) problems.invalid(at, hostname, 'must be a DNS name, not an IP address');
      });
    },
  },
  warnings({ metadata }, before) {
    if (before !== undefined || metadata.annotations?.[CLASS_ANNOTATION] === undefined) return [];
    return [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`];
  },
});

function validateSpec(spec: IngressSpec, problems: Problems): void {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  if (rules.length === 0 && defaultBackend === undefined) {
    const nothing = new GoSyntax('[]networking.IngressRule(nil)');
    problems.invalid('spec', nothing, 'either `defaultBackend` or `rules` must be specified');
  }
  if (defaultBackend !== undefined) validateBackend(defaultBackend, 'spec.defaultBackend', problems);
  rules.forEach((rule, i) => validateRule(rule, `spec.rules[${i}]`, problems));
  tls.forEach(({ hosts, secretName }, i) => {
    hosts?.forEach((host, n) => validateHost(host, `spec.tls[${i}].hosts[${n}]`, problems));
    if (secretName !== undefined) problems.breaches(`spec.tls[${i}].secretName`, secretName, dnsSubdomain);
  });
  if (ingressClassName !== undefined) problems.breaches('spec.ingressClassName', ingressClassName, dnsSubdomain);
}

function validateHost(host: string, at: string, problems: Problems): void {
  problems.breaches(at, host, host.includes('*') ? wildcardSubdomain : dnsSubdomain);
}

function validateRule({ host, http }: IngressRule, at: string, problems: Problems): void {
  if (host !== undefined) {
    if (isIp(host)) problems.invalid(`${at}.host`, host, 'must be a DNS name, not an IP address');
    validateHost(host, `${at}.host`, problems);
  }
  if (http === undefined) return;
  if (http.paths.length === 0) problems.required(`${at}.http.paths`);
  http.paths.forEach(({ path = '', pathType, backend }, i) => {
    const here = `${at}.http.paths[${i}]`;
    if ((pathType ?? '') === '') {
      problems.required(`${here}.pathType`, 'pathType must be specified');
      return;
    }
    validatePath(path, pathType, here, problems);
    validateBackend(backend, `${here}.backend`, problems);
  });
}

function validatePath(path: string, type: string, at: string, problems: Problems): void {
  if (!PATH_TYPES.includes(type)) {
    problems.notSupported(`${at}.pathType`, type, PATH_TYPES);
    return;
  }
  const isMatched = type !== 'ImplementationSpecific';
  if (!path.startsWith('/') && (isMatched || path !== '')) {
    problems.invalid(`${at}.path`, path, 'must be an absolute path');
  }
  if (!isMatched) return;
  for (const part of UNCLEAR_IN_PATHS) {
    if (path.includes(part)) problems.invalid(`${at}.path`, path, `must not contain '${part}'`);
  }
  for (const end of UNCLEAR_ENDS) {
    if (path.endsWith(end)) problems.invalid(`${at}.path`, path, `cannot end with '${end}'`);
  }
}

function validateBackend({ resource, service }: IngressBackend, at: string, problems: Problems): void {
  if (resource !== undefined && service !== undefined) {
    problems.invalid(at, '', 'cannot set both resource and service backends');
  } else if (resource !== undefined) validateReference(resource, `${at}.resource`, problems);
  else if (service === undefined) problems.invalid(at, '', 'resource or service backend is required');
  else {
    if (service.name === '') problems.required(`${at}.service.name`);
    else problems.breaches(`${at}.service.name`, service.name, dns1035Label);
    const { name = '', number = 0 } = service.port ?? {};
    if (name !== '' && number !== 0) problems.invalid(at, '', 'cannot set both port name & port number');
    else if (name !== '') problems.breaches(`${at}.service.port.name`, name, portName);
    else if (number === 0) problems.required(at, 'port name or number is required');
    else for (const wrong of portNumber(number)) problems.invalid(`${at}.service.port.number`, number, wrong);
  }
}

type Reference = Pick<IngressClassParametersReference, 'kind' | 'name' | 'apiGroup'>;

function validateReference({ apiGroup, kind, name }: Reference, at: string, problems: Problems): void {
  if (apiGroup !== undefined) problems.breaches(`${at}.apiGroup`, apiGroup, dnsSubdomain);
  for (const [field, text] of Object.entries({ kind, name })) {
    if (text === '') problems.required(`${at}.${field}`);
    else problems.breaches(`${at}.${field}`, text, pathSegment);
  }
}

export const ingressClasses = defineKind<'ingressclasses.networking.k8s.io'>({
  resource: 'ingressclasses.networking.k8s.io',
  name: dnsSubdomain,
  generation: 'spec',
  defaults(draft) {
    if (draft.spec?.parameters !== undefined) draft.spec.parameters.scope ??= 'Cluster';
  },
  rows: new FieldRules({
    'spec.controller': [required(), shorterThan(MAX_CONTROLLER_BYTES), immutable, domainPrefixedPath],
    'spec.parameters.namespace': form(dnsLabel),
  }),
  validate({ spec: { parameters } = {} }, problems) {
    if (parameters === undefined) return;
    const { scope = '', namespace } = parameters;
    validateReference(parameters, 'spec.parameters', problems);
    problems.unlessOneOf('spec.parameters.scope', scope, SCOPES);
    if (scope === 'Namespace' && namespace === undefined) {
      problems.required('spec.parameters.namespace', "`parameters.scope` is set to 'Namespace'");
    }
    if (scope === 'Cluster' && namespace !== undefined) {
      problems.forbidden('spec.parameters.namespace', "`parameters.scope` is set to 'Cluster'");
    }
  },
});
