import type { ObjectOf } from '@shiplog/contracts';
import { backendAddress, dnsLabel, GoSyntax, portNumber, type Problems, qualifiedName } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import type { Draft } from '../kinds/kind';
import { validateLabels } from '../metadata/validate';
import { validatePort } from '../pods/probes';
import { checkFamilies } from './families';
import { serviceFamilies } from './ranges';
import { validateAddressUpdate, validateExternalName } from './validate-addresses';
import { isExternallyAccessible, isHeadless } from './reach';
import { validateBalancer, validateBalancerUpdate } from './validate-balancer';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const AFFINITIES = ['ClientIP', 'None'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose'];
const MAX_AFFINITY_SECONDS = 86_400;

type Spec = NonNullable<ObjectOf<'services'>['spec']>;

/** Kubernetes' rules for a defaulted service. */
export function validateService(
  draft: Draft<'services'>,
  problems: Problems,
  ctx: AdmissionContext,
  before?: ObjectOf<'services'>,
): void {
  const spec = draft.spec ?? {};
  if (!TYPES.includes(spec.type ?? '')) problems.notSupported('spec.type', spec.type, TYPES);
  if (spec.type === 'ExternalName') validateExternalName(spec, problems);
  else checkFamilies(spec, before?.spec, serviceFamilies(ctx), problems);
  validatePorts(spec, problems);
  validateLabels(spec.selector, 'spec.selector', problems);
  validateAffinity(spec, problems);
  validatePolicies(spec, problems);
  validateBalancer(spec, problems);
  spec.externalIPs?.forEach((ip, i) => {
    for (const wrong of backendAddress(ip)) problems.invalid(`spec.externalIPs[${i}]`, ip, wrong);
  });
}

function validatePorts(spec: Spec, problems: Problems): void {
  const ports = spec.ports ?? [];
  if (ports.length === 0 && spec.type !== 'ExternalName' && !isHeadless(spec)) problems.required('spec.ports');
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  ports.forEach((port, i) => {
    const at = `spec.ports[${i}]`;
    const { name, port: number, protocol = '', targetPort, nodePort } = port;
    if (name === undefined) {
      if (ports.length > 1) problems.required(`${at}.name`);
    } else {
      for (const wrong of dnsLabel(name)) problems.invalid(`${at}.name`, name, wrong);
      if (names.has(name)) problems.duplicate(`${at}.name`, name);
      names.add(name);
    }
    for (const wrong of portNumber(number ?? 0)) problems.invalid(`${at}.port`, number ?? 0, wrong);
    if (!PROTOCOLS.includes(protocol)) problems.notSupported(`${at}.protocol`, protocol, PROTOCOLS);
    validatePort(targetPort, `${at}.targetPort`, problems);
    if (port.appProtocol !== undefined) problems.breaches(`${at}.appProtocol`, port.appProtocol, qualifiedName);
    const id = `${protocol}/${number}`;
    if (numbers.has(id)) problems.duplicate(at, portAlone(protocol, number ?? 0));
    numbers.add(id);
    if (nodePort === undefined) return;
    if (spec.type === 'ClusterIP') problems.forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'");
    const taken = `${protocol}/${nodePort}`;
    if (nodePorts.has(taken)) problems.duplicate(`${at}.nodePort`, nodePort);
    nodePorts.add(taken);
  });
}

/** What Kubernetes compares ports by: a port of which nothing else is known. */
function portAlone(protocol: string, port: number): GoSyntax {
  const others = 'TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0';
  return new GoSyntax(
    `core.ServicePort{Name:"", Protocol:${JSON.stringify(protocol)}, AppProtocol:(*string)(nil), Port:${port}, ${others}}`,
  );
}

function validateAffinity(spec: Spec, problems: Problems): void {
  if (!AFFINITIES.includes(spec.sessionAffinity ?? '')) {
    problems.notSupported('spec.sessionAffinity', spec.sessionAffinity, AFFINITIES);
  }
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (
    spec.sessionAffinity === 'ClientIP' &&
    seconds !== undefined &&
    (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS)
  ) {
    problems.invalid(
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
      seconds,
      `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
    );
  }
}

function validatePolicies(spec: Spec, problems: Problems): void {
  for (const field of ['internalTrafficPolicy', 'externalTrafficPolicy'] as const) {
    const policy = spec[field];
    if (policy !== undefined && !POLICIES.includes(policy)) problems.notSupported(`spec.${field}`, policy, POLICIES);
  }
  problems.unlessOneOf('spec.trafficDistribution', spec.trafficDistribution, DISTRIBUTIONS);
  if (spec.externalTrafficPolicy !== undefined && !isExternallyAccessible(spec)) {
    problems.invalid(
      'spec.externalTrafficPolicy',
      spec.externalTrafficPolicy,
      'may only be set for externally-accessible services',
    );
  }
}

/** A service keeps its address for as long as it has one of its own, and its balancer's class while it has a balancer. */
export function validateServiceUpdate(
  draft: Draft<'services'>,
  before: ObjectOf<'services'>,
  problems: Problems,
): void {
  const now = draft.spec ?? {};
  const then = before.spec ?? {};
  validateBalancerUpdate(now, then, problems);
  validateAddressUpdate(now, then, problems);
}
