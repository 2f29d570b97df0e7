import type { IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from '@shiplog/contracts';
import {
  dnsSubdomain,
  GoSyntax,
  isStrictlyWithin,
  networkText,
  parseNetwork,
  portName,
  portNumber,
  type Problems,
} from '@shiplog/apimachinery';
import { validateLabelSelector } from '../pods/label-selector';
import { defineKind } from './kind';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const TYPES = ['Ingress', 'Egress'];

/** Kubernetes' rules for network policies (ValidateNetworkPolicySpec). */
export const networkPolicies = defineKind<'networkpolicies.networking.k8s.io'>({
  resource: 'networkpolicies.networking.k8s.io',
  name: dnsSubdomain,
  generation: 'spec',
  defaults(draft) {
    const spec = (draft.spec ??= {});
    spec.podSelector ??= {};
    if ((spec.policyTypes ?? []).length === 0) {
      spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    }
    for (const { ports = [] } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of ports) port.protocol ??= 'TCP';
    }
  },
  validate(draft, problems, _ctx, before) {
    if (before === undefined || draft.spec !== before.spec) validateSpec(draft.spec ?? {}, problems);
  },
});

function validateSpec(spec: NetworkPolicySpec, problems: Problems): void {
  const { podSelector = {}, ingress = [], egress = [], policyTypes = [] } = spec;
  validateLabelSelector(podSelector, 'spec.podSelector', problems);
  ingress.forEach(({ ports, from }, i) => validateRule(ports, from, `spec.ingress[${i}]`, 'from', problems));
  egress.forEach(({ ports, to }, i) => validateRule(ports, to, `spec.egress[${i}]`, 'to', problems));
  if (policyTypes.length > TYPES.length) {
    const given = new GoSyntax(`&${GoSyntax.list(policyTypes).text.replace('string', 'networking.PolicyType')}`);
    problems.invalid('spec.policyTypes', given, 'may not specify more than two policyTypes');
  } else policyTypes.forEach((type, i) => problems.unlessOneOf(`spec.policyTypes[${i}]`, type, TYPES));
}

function validateRule(
  ports: readonly NetworkPolicyPort[] = [],
  peers: readonly NetworkPolicyPeer[] = [],
  at: string,
  side: 'from' | 'to',
  problems: Problems,
): void {
  ports.forEach((port, i) => validatePort(port, `${at}.ports[${i}]`, problems));
  peers.forEach((peer, i) => validatePeer(peer, `${at}.${side}[${i}]`, problems));
}

function validatePort({ port, endPort, protocol }: NetworkPolicyPort, at: string, problems: Problems): void {
  problems.unlessOneOf(`${at}.protocol`, protocol, PROTOCOLS);
  if (typeof port === 'number') {
    for (const wrong of portNumber(port)) problems.invalid(`${at}.port`, port, wrong);
    if (endPort === undefined) return;
    if (endPort < port) problems.invalid(`${at}.endPort`, endPort, 'must be greater than or equal to `port`');
    for (const wrong of portNumber(endPort)) problems.invalid(`${at}.endPort`, endPort, wrong);
    return;
  }
  if (endPort !== undefined) {
    const reason = port === undefined ? 'not specified' : 'non-numeric';
    problems.invalid(`${at}.endPort`, endPort, `may not be specified when \`port\` is ${reason}`);
  }
  if (port !== undefined) problems.breaches(`${at}.port`, port, portName);
}

function validatePeer(peer: NetworkPolicyPeer, at: string, problems: Problems): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (podSelector !== undefined) validateLabelSelector(podSelector, `${at}.podSelector`, problems);
  if (namespaceSelector !== undefined) validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`, problems);
  if (ipBlock !== undefined) validateBlock(ipBlock, `${at}.ipBlock`, problems);
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selects && ipBlock === undefined) problems.required(at, 'must specify a peer');
  else if (selects && ipBlock !== undefined) {
    problems.forbidden(at, 'may not specify both ipBlock and another peer');
  }
}

function validateBlock({ cidr, except = [] }: IPBlock, at: string, problems: Problems): void {
  if (cidr === '') {
    problems.required(`${at}.cidr`);
    return;
  }
  problems.breaches(`${at}.cidr`, cidr, networkText);
  const outer = parseNetwork(cidr);
  if (outer === undefined) return;
  except.forEach((text, i) => {
    problems.breaches(`${at}.except[${i}]`, text, networkText);
    const inner = parseNetwork(text);
    if (inner === undefined || isStrictlyWithin(inner, outer)) return;
    problems.invalid(`${at}.except[${i}]`, text, 'must be a strict subset of `cidr`');
  });
}
