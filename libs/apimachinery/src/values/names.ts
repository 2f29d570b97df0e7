/** Kubernetes' rules for names, with its own sentences. Each check answers what is wrong, or nothing. */
import { isLine } from '@shiplog/contracts';
import { isIp, parseIp, parseIpv6, parseNetwork } from './net';

/** Says what is wrong with a text; an empty list when nothing is. */
export type TextRule = (text: string) => readonly string[];

const FINE: readonly string[] = [];
const LABEL_FORMAT = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const LABEL = new RegExp(`^${LABEL_FORMAT}$`);
const SUBDOMAIN_FORMAT = `${LABEL_FORMAT}(\\.${LABEL_FORMAT})*`;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const DNS1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_PART_FORMAT = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const QUALIFIED_PART = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;

const LABEL_SAYS = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL_FORMAT}')`;
const SUBDOMAIN_SAYS = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN_FORMAT}')`;
const DNS1035_SAYS =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED_SAYS = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED_PART_FORMAT}')`;
const VALUE_SAYS =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const tooLong = (bytes: number): string => `must be no more than ${bytes} bytes`;

/** RFC 1123 label: namespaces, containers, ports' long names. */
export const dnsLabel: TextRule = (text) => {
  if (text.length <= 63 && LABEL.test(text)) return FINE;
  return [...(text.length > 63 ? [tooLong(63)] : []), ...(LABEL.test(text) ? [] : [LABEL_SAYS])];
};

/** RFC 1123 subdomain: names of most objects. */
export const dnsSubdomain: TextRule = (text) => {
  if (text.length <= 253 && SUBDOMAIN.test(text)) return FINE;
  return [...(text.length > 253 ? [tooLong(253)] : []), ...(SUBDOMAIN.test(text) ? [] : [SUBDOMAIN_SAYS])];
};

/** RFC 1035 label: names of services. */
export const dns1035Label: TextRule = (text) => {
  if (text.length <= 63 && DNS1035.test(text)) return FINE;
  return [...(text.length > 63 ? [tooLong(63)] : []), ...(DNS1035.test(text) ? [] : [DNS1035_SAYS])];
};

/** IPv4 addresses by their first octets, IPv6 ones by their first group: what stands for the node itself, or its network. */
const SPECIAL: readonly [is: (v4: number | undefined, v6: readonly number[] | undefined) => boolean, text: string][] = [
  [(v4, v6) => v4 === 0 || (v6?.every((group) => group === 0) ?? false), 'may not be unspecified'],
  [
    (v4, v6) =>
      (v4 !== undefined && v4 >>> 24 === 127) || (v6?.every((group, i) => group === (i === 7 ? 1 : 0)) ?? false),
    'may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  [
    (v4, v6) => (v4 !== undefined && v4 >>> 16 === 0xa9fe) || (v6?.[0] ?? 0) >>> 6 === 0x3fa,
    'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  ],
  [
    (v4, v6) => (v4 !== undefined && v4 >>> 8 === 0xe00000) || (v6?.[0] ?? 0) === 0xff02,
    'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  ],
];

/**
 * An address that a Service may lead to: none by which a pod's author would reach the node itself, or what only the node
 * may reach, such as a cloud's metadata server (Kubernetes' ValidateNonSpecialIP).
 */
export const backendAddress: TextRule = (text) => {
  const wrong = ipAddress(text);
  if (wrong.length > 0) return wrong;
  const groups = parseIpv6(text);
  const v4 = groups === undefined ? parseIp(text) : mappedIp(groups);
  const v6 = v4 === undefined ? groups : undefined;
  const description = SPECIAL.find(([is]) => is(v4, v6))?.[1];
  if (description === undefined) return FINE;
  return [description === 'may not be unspecified' ? `${description} (${text})` : description];
};

/** The IPv4 address that an IPv6 one stands for (`::ffff:127.0.0.1`, which is `::ffff:7f00:1`, too); undefined when it is none such. */
function mappedIp([a, b, c, d, e, marker, high = 0, low = 0]: readonly number[]): number | undefined {
  const isMapped = marker === 0xffff && [a, b, c, d, e].every((group) => group === 0);
  return isMapped ? high * 0x10000 + low : undefined;
}

const HEADER_NAME = /^[-A-Za-z0-9]+$/;
const HEADER_NAME_SAYS =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

/** Names of the headers that an HTTP probe or hook sends. */
export const httpHeaderName: TextRule = (text) => (HEADER_NAME.test(text) ? FINE : [HEADER_NAME_SAYS]);

/** What can be one segment of a path: the least that every name must be. */
export const pathSegment: TextRule = (text) => {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  const signs = ['/', '%'].filter((sign) => text.includes(sign)).map((sign) => `may not contain '${sign}'`);
  // Kubernetes takes them. Here a name stands in subjects, columns and headers: no command could name such an object again.
  return isLine(text) ? signs : [...signs, 'may not contain control characters or broken characters'];
};

/** A generateName is checked with its trailing dash taken for a letter, as more characters follow it. */
export function asPrefix(rule: TextRule): TextRule {
  return (text) => rule(text.endsWith('-') && text.length > 1 ? `${text.slice(0, -1)}a` : text);
}

const KNOWN_KEYS = new Set<string>();
const KEYS_KEPT = 4096;

/** Keys of labels, annotations, taints and node selectors: `name` or `prefix/name`. */
export const qualifiedName: TextRule = (text) => {
  if (KNOWN_KEYS.has(text)) return FINE;
  const found = checkQualifiedName(text);
  if (found.length === 0) {
    if (KNOWN_KEYS.size >= KEYS_KEPT) KNOWN_KEYS.clear();
    KNOWN_KEYS.add(text);
  }
  return found;
};

function checkQualifiedName(text: string): readonly string[] {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2) {
    return [
      `a qualified name ${QUALIFIED_SAYS} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const found: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') found.push('prefix part must be non-empty');
    else found.push(...dnsSubdomain(prefix).map((detail) => `prefix part ${detail}`));
  }
  if (name === '') found.push('name part must be non-empty');
  else if (name.length > 63) found.push(`name part ${tooLong(63)}`);
  if (!QUALIFIED_PART.test(name)) found.push(`name part ${QUALIFIED_SAYS}`);
  return found;
}

/** Values of labels. */
export const labelValue: TextRule = (text) => {
  if (text === '' || (text.length <= 63 && QUALIFIED_PART.test(text))) return FINE;
  return [...(text.length > 63 ? [tooLong(63)] : []), ...(QUALIFIED_PART.test(text) ? [] : [VALUE_SAYS])];
};

/** Keys of ConfigMaps and Secrets: they become file names. */
export const configKey: TextRule = (text) => {
  const found: string[] = [];
  if (text.length > 253) found.push(tooLong(253));
  if (!CONFIG_KEY.test(text)) {
    found.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (text === '.') found.push("must not be '.'");
  if (text === '..') found.push("must not be '..'");
  else if (text.startsWith('..')) found.push("must not start with '..'");
  return found.length === 0 ? FINE : found;
};

/** Names of ports: at most 15 lower-case letters, digits and dashes, with a letter among them (IANA service names). */
export const portName: TextRule = (text) => {
  const found: string[] = [];
  if (text.length > 15) found.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(text)) found.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(text)) found.push('must contain at least one letter (a-z)');
  if (text.includes('--')) found.push('must not contain consecutive hyphens');
  if (text.startsWith('-') || text.endsWith('-')) found.push('must not begin or end with a hyphen');
  return found.length === 0 ? FINE : found;
};

/** Names of environment variables: anything printable but `=`. */
export const envVarName: TextRule = (text) =>
  /^[ -<>-~]+$/.test(text)
    ? FINE
    : [
        "a valid environment variable name must consist only of printable ASCII characters other than '=' (e.g. 'my-name', or 'MY_NAME', or 'MY.NAME')",
      ];

/** Port numbers. */
export function portNumber(port: number): readonly string[] {
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? FINE : ['must be between 1 and 65535, inclusive'];
}

/** Addresses of either family. */
export const ipAddress: TextRule = (text) =>
  isIp(text) ? FINE : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];

/** Networks of either family. */
export const networkText: TextRule = (text) =>
  parseNetwork(text) === undefined ? ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'] : FINE;

const WILDCARD_FORMAT = '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';

/** All names below one: `*.example.com`. */
export const wildcardSubdomain: TextRule = (text) => {
  const found = text.length > 253 ? [tooLong(253)] : [];
  if (text.startsWith('*.') && SUBDOMAIN.test(text.slice(2))) return found;
  const rule = `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '${WILDCARD_FORMAT}')`;
  return [...found, rule];
};
