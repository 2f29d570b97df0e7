import type { ObjectFieldSelector, ResourceFieldSelector } from '@shiplog/contracts';
import { milliOf, type Problems, qualifiedName } from '@shiplog/apimachinery';

/** What Kubernetes calls the fields of a pod that a container may be told; where it is told narrows them down. */
const POD_FIELDS: ReadonlySet<string> = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.phase',
  'status.podIP',
  'status.podIPs',
]);
const KEYED_FIELDS = ['metadata.annotations', 'metadata.labels'];
const KEYED = /^(.+?)\['(.*)'\]$/s;

/** Checks a reference to a field of the pod. A single label or annotation may be asked for wherever fields may. */
export function validateFieldRef(
  { fieldPath }: ObjectFieldSelector,
  fields: readonly string[],
  at: string,
  problems: Problems,
): void {
  if (fieldPath === '') {
    problems.required(`${at}.fieldPath`);
    return;
  }
  const [, owner, key = ''] = KEYED.exec(fieldPath) ?? [];
  if (owner !== undefined && !KEYED_FIELDS.includes(owner)) {
    unreadable(fieldPath, `field label does not support subscript: ${fieldPath}`, at, problems);
  } else if (owner !== undefined) {
    problems.breaches(at, owner === 'metadata.annotations' ? key.toLowerCase() : key, qualifiedName);
  } else if (!POD_FIELDS.has(fieldPath)) {
    unreadable(fieldPath, `field label not supported: ${fieldPath}`, at, problems);
  } else {
    problems.unlessOneOf(`${at}.fieldPath`, fieldPath, fields);
  }
}

function unreadable(path: string, reason: string, at: string, problems: Problems): void {
  problems.invalid(`${at}.fieldPath`, path, `error converting fieldPath: ${reason}`);
}

const RESOURCE_FIELDS = ['limits', 'requests'].flatMap((list) =>
  ['cpu', 'ephemeral-storage', 'memory'].map((name) => `${list}.${name}`),
);
const HUGE_PAGES = /^(?:limits|requests)\.hugepages-/;
const CPU_DIVISORS = ['1m', '1'];
const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

interface DivisorRule {
  readonly of: RegExp;
  readonly called: string;
  readonly allowed: readonly string[];
  readonly listed: string;
}

const bytesOf = (of: RegExp, called: string): DivisorRule => ({
  of,
  called,
  allowed: BYTE_DIVISORS,
  listed: BYTE_DIVISORS.join(', '),
});
const DIVISORS: readonly DivisorRule[] = [
  { of: /^(?:limits|requests)\.cpu$/, called: 'cpu', allowed: CPU_DIVISORS, listed: CPU_DIVISORS.join(' and ') },
  bytesOf(/^(?:limits|requests)\.memory$/, 'memory'),
  bytesOf(/^(?:limits|requests)\.ephemeral-storage$/, 'local ephemeral storage'),
  bytesOf(HUGE_PAGES, 'hugepages'),
];

/** Checks a reference to an amount of a container; in a volume it must say which container's. */
export function validateResourceFieldRef(
  { containerName = '', resource, divisor }: ResourceFieldSelector,
  from: 'environment' | 'volume',
  at: string,
  problems: Problems,
): void {
  if (from === 'volume' && containerName === '') problems.required(`${at}.containerName`);
  else if (resource === '') problems.required(`${at}.resource`);
  else if (!HUGE_PAGES.test(resource)) problems.unlessOneOf(`${at}.resource`, resource, RESOURCE_FIELDS);
  if (divisor === undefined || milliOf(divisor) === 0n) return;
  const rule = DIVISORS.find(({ of }) => of.test(resource));
  if (rule === undefined || rule.allowed.includes(divisor)) return;
  const detail = `only divisor's values ${rule.listed} are supported with the ${rule.called} resource`;
  problems.invalid(`${at}.divisor`, resource, detail);
}
