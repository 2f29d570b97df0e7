import {
  canonicalIp,
  dnsSubdomain,
  GoSyntax,
  networkText,
  parseNetwork,
  pathSegment,
  type Problems,
  sameJson,
  type TextRule,
} from '@shiplog/apimachinery';
import { form, immutable } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';

/** An IPAddress is called as the address that it stands for. */
const addressName: TextRule = (text) => {
  const canonical = canonicalIp(text);
  if (canonical === undefined) return [`ParseAddr(${JSON.stringify(text)}): unable to parse IP`];
  return canonical === text ? [] : ['must be a canonical format IP address'];
};

export const ipAddresses = defineKind<'ipaddresses.networking.k8s.io'>({
  resource: 'ipaddresses.networking.k8s.io',
  name: addressName,
  generation: 'none',
  fields: { 'spec.parentRef.name': (address) => address.spec?.parentRef?.name },
  rows: new FieldRules({
    'spec.parentRef': immutable,
    'spec.parentRef.group': form(dnsSubdomain),
    'spec.parentRef.namespace': form(pathSegment),
  }),
  validate({ spec: { parentRef } = {} }, problems) {
    const { resource = '', name = '' } = parentRef ?? {};
    // A reference that is left out has been read as one that is empty.
    if (resource === '' && name === '') {
      problems.required('spec.parentRef');
      return;
    }
    for (const [field, text] of Object.entries({ resource, name })) {
      if (text === '') problems.required(`spec.parentRef.${field}`);
      else problems.breaches(`spec.parentRef.${field}`, text, pathSegment);
    }
  },
});

export const serviceCidrs = defineKind<'servicecidrs.networking.k8s.io'>({
  resource: 'servicecidrs.networking.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  prepareCreate(draft) {
    draft.status = {};
  },
  validate(draft, problems, _ctx, before) {
    const cidrs = draft.spec?.cidrs ?? [];
    if (!sameJson(cidrs, before?.spec?.cidrs)) validateCidrs(cidrs, problems);
  },
  /** A range may come to that of the other family; nothing else changes. */
  validateUpdate(draft, before, problems) {
    const now = draft.spec?.cidrs ?? [];
    const then = before.spec?.cidrs ?? [];
    if (now.length !== then.length && (then.length !== 1 || now.length !== 2)) {
      problems.invalid('spec.cidrs', now, 'field is immutable');
      return;
    }
    then.forEach((cidr, i) => {
      if (cidr !== now[i]) problems.invalid(`spec.cidrs[${i}]`, now[i], 'field is immutable');
    });
  },
});

function validateCidrs(cidrs: readonly string[], problems: Problems): void {
  const at = 'spec.cidrs';
  if (cidrs.length === 0) problems.required(at, 'at least one CIDR required');
  if (cidrs.length > 2) {
    const given = new GoSyntax(`&networking.ServiceCIDRSpec{CIDRs:${GoSyntax.list(cidrs).text}}`);
    problems.invalid(at, given, 'may only hold up to 2 values');
    return;
  }
  const networks = cidrs.map(parseNetwork);
  cidrs.forEach((cidr, i) => {
    problems.breaches(`${at}[${i}]`, cidr, networkText);
    const network = networks[i];
    if (network === undefined || network.address === network.base) return;
    problems.invalid(`${at}[${i}]`, cidr, "wrong CIDR format, IP doesn't match network IP address");
  });
  const [first, second] = networks;
  if (first === undefined || first.family !== second?.family) return;
  const rule = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
  problems.invalid(at, cidrs, rule);
}
