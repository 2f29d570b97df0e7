import type { ObjectOf } from '@shiplog/contracts';
import { dnsSubdomain, GoSyntax, type Problems } from '@shiplog/apimachinery';
import { isHeadless } from './reach';

type Spec = NonNullable<ObjectOf<'services'>['spec']>;

const NO_ADDRESS_FIELDS = ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const;

/** A service that is only another name has no address, and says nothing of one. */
export function validateExternalName(spec: Spec, problems: Problems): void {
  for (const field of NO_ADDRESS_FIELDS) {
    if (spec[field] !== undefined) problems.forbidden(`spec.${field}`, 'may not be set for ExternalName services');
  }
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') problems.required('spec.externalName');
  else for (const wrong of dnsSubdomain(name)) problems.invalid('spec.externalName', spec.externalName, wrong);
}

/**
 * A service keeps its first address and family for as long as it has one of its own; a second one comes and goes
 * (validateUpgradeDowngradeClusterIPs and validateUpgradeDowngradeIPFamilies in pkg/apis/core/validation).
 */
export function validateAddressUpdate(now: Spec, then: Spec, problems: Problems): void {
  if (now.type === 'ExternalName' || then.type === 'ExternalName') return;
  const [is, was] = [isHeadless(now), isHeadless(then)];
  if (!is || !was) validateList(lists(now, then, 'clusterIPs'), problems);
  if (!is && !was) validateList(lists(now, then, 'ipFamilies'), problems);
}

interface Lists {
  readonly field: 'clusterIPs' | 'ipFamilies';
  readonly now: readonly string[];
  readonly then: readonly string[];
  readonly policy: string | undefined;
}

function lists(now: Spec, then: Spec, field: Lists['field']): Lists {
  return { field, now: now[field] ?? [], then: then[field] ?? [], policy: now.ipFamilyPolicy };
}

function validateList({ field, now, then, policy }: Lists, problems: Problems): void {
  const isAddress = field === 'clusterIPs';
  const shown = isAddress ? now : new GoSyntax(GoSyntax.list(now).text.replace('string', 'core.IPFamily'));
  if (now.length === then.length) {
    then.forEach((item, i) => {
      const at = `spec.${field}[${isAddress ? i : 0}]`;
      if (item !== now[i]) problems.invalid(at, shown, 'may not change once set');
    });
    return;
  }
  if (now.length === 0) {
    problems.invalid(`spec.${field}[0]`, shown, `primary ${isAddress ? 'clusterIP' : 'ipFamily'} can not be unset`);
    return;
  }
  if (then.length > 0 && now[0] !== then[0]) {
    problems.invalid(`spec.${field}[0]`, shown, 'may not change once set');
  }
  if (now.length === 1 && policy !== 'SingleStack') {
    const what = isAddress ? 'clusterIP' : 'ipFamily';
    const rule = `must be set to 'SingleStack' when releasing the secondary ${what}`;
    problems.invalid('spec.ipFamilyPolicy', policy, rule);
  }
}
