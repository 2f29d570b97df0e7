import { type Environment, Optional } from '@marcbachmann/cel-js';
import {
  addQuantities,
  type Cidr,
  cidrContains,
  compareQuantities,
  configKey,
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  formatCidr,
  formatIp,
  isIp,
  isIpv6,
  labelValue,
  parseCidr,
  parseIp,
  parseIpv6,
  parseQuantity,
  portName,
  qualifiedName,
  type TextRule,
} from '@shiplog/apimachinery';
import { CelError } from './texts';

class Quantity {
  constructor(readonly text: string) {}
}

/** Kubernetes' quantity library. */
export function registerQuantities(env: Environment): void {
  const type = 'kubernetes.Quantity';
  env.registerType(type, { ctor: Quantity, fields: {} });
  env.registerFunction(`quantity(string): ${type}`, (text: string) => {
    if (parseQuantity(text) === undefined) throw new CelError(QUANTITY_FORM);
    return new Quantity(text);
  });
  env.registerFunction('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined);
  const compare = (a: Quantity, b: Quantity): number => compareQuantities(a.text, b.text);
  env.registerOperator(`${type} == ${type}`, (a: Quantity, b: Quantity) => compare(a, b) === 0);
  env.registerFunction(`${type}.compareTo(${type}): int`, (a: Quantity, b: Quantity) =>
    BigInt(Math.sign(compare(a, b))),
  );
  env.registerFunction(`${type}.isLessThan(${type}): bool`, (a: Quantity, b: Quantity) => compare(a, b) < 0);
  env.registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: Quantity, b: Quantity) => compare(a, b) > 0);
  env.registerFunction(`${type}.sign(): int`, (a: Quantity) => BigInt(Math.sign(compare(a, new Quantity('0')))));
  const sum = (a: Quantity, b: string): Quantity => new Quantity(addQuantities(a.text, b));
  const negative = (text: string): string => (text.startsWith('-') ? text.slice(1) : `-${text.replace(/^\+/, '')}`);
  const whole = (n: bigint): string => String(n);
  env.registerFunction(`${type}.add(${type}): ${type}`, (a: Quantity, b: Quantity) => sum(a, b.text));
  env.registerFunction(`${type}.add(int): ${type}`, (a: Quantity, b: bigint) => sum(a, whole(b)));
  env.registerFunction(`${type}.sub(${type}): ${type}`, (a: Quantity, b: Quantity) => sum(a, negative(b.text)));
  env.registerFunction(`${type}.sub(int): ${type}`, (a: Quantity, b: bigint) => sum(a, whole(-b)));
  env.registerFunction(`${type}.isInteger(): bool`, (a: Quantity) => integerOf(a) !== undefined);
  env.registerFunction(`${type}.asInteger(): int`, (a: Quantity) => {
    const value = integerOf(a);
    if (value === undefined) throw new CelError('cannot convert value to integer');
    return value;
  });
  env.registerFunction(
    `${type}.asApproximateFloat(): double`,
    (a: Quantity) => Number(parseQuantity(a.text)) / Number(MILLI),
  );
}

const QUANTITY_FORM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const MILLI = 1000n;
const MOST = 2n ** 63n - 1n;

function integerOf({ text }: Quantity): bigint | undefined {
  const milli = parseQuantity(text);
  if (milli === undefined || milli % MILLI !== 0n) return undefined;
  const value = milli / MILLI;
  return value <= MOST && value >= -MOST - 1n ? value : undefined;
}

class Address {
  constructor(readonly text: string) {}
}
class Network {
  constructor(readonly cidr: Cidr) {}
}

/** Kubernetes' libraries of addresses and networks; networks are of IPv4, as everywhere here. */
export function registerAddresses(env: Environment): void {
  env.registerType('net.IP', { ctor: Address, fields: {} });
  env.registerType('net.CIDR', { ctor: Network, fields: {} });
  env.registerFunction('ip(string): net.IP', (text: string) => {
    if (!isIp(text)) throw new CelError(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
    return new Address(text);
  });
  env.registerFunction('isIP(string): bool', isIp);
  env.registerFunction('string(net.IP): string', ({ text }: Address) => text);
  env.registerFunction('net.IP.family(): int', ({ text }: Address) => (isIpv6(text) ? 6n : 4n));
  const first = ({ text }: Address): number => (parseIp(text) ?? 0) >>> 24;
  const is = (name: string, check: (address: Address, groups: readonly number[]) => boolean): void => {
    const signature = `net.IP.${name}(): bool`;
    env.registerFunction(signature, (address: Address) => check(address, parseIpv6(address.text) ?? []));
  };
  is('isUnspecified', ({ text }, groups) => text === '0.0.0.0' || (groups.length > 0 && groups.every((group) => group === 0)));
  is('isLoopback', (address, groups) => (groups.length > 0 ? isOne(groups) : first(address) === 127));
  is('isLinkLocalUnicast', ({ text }, groups) => text.startsWith('169.254.') || (groups[0] ?? 0) >>> 6 === 0x3fa);
  is('isLinkLocalMulticast', ({ text }, groups) => text.startsWith('224.0.0.') || ((groups[0] ?? 0) & 0xff0f) === 0xff02);
  env.registerFunction('cidr(string): net.CIDR', (text: string) => {
    const cidr = parseCidr(text);
    if (cidr === undefined) throw new CelError(`network address parse error during conversion from string: ${text}`);
    return new Network(cidr);
  });
  env.registerFunction('isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined);
  const contains = ({ cidr }: Network, text: string): boolean => {
    const address = parseIp(text);
    return address !== undefined && cidrContains(cidr, address);
  };
  env.registerFunction('net.CIDR.containsIP(string): bool', contains);
  env.registerFunction('net.CIDR.containsIP(net.IP): bool', (network: Network, { text }: Address) => contains(network, text));
  env.registerFunction('net.CIDR.prefixLength(): int', ({ cidr }: Network) => BigInt(formatCidr(cidr).split('/')[1] ?? '0'));
  env.registerFunction('net.CIDR.ip(): net.IP', ({ cidr }: Network) => new Address(formatCidr(cidr).split('/')[0] ?? formatIp(0)));
  env.registerFunction('string(net.CIDR): string', ({ cidr }: Network) => formatCidr(cidr));
} // prettier-ignore

const isOne = (groups: readonly number[]): boolean => groups.every((group, i) => group === (i === 7 ? 1 : 0));

/** Kubernetes' URL library. */
export function registerUrls(env: Environment): void {
  env.registerType('net.URL', { ctor: URL, fields: {} });
  env.registerFunction('url(string): net.URL', (text: string) => {
    if (!isUrl(text)) throw new CelError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`);
    return text.startsWith('/') ? new URL(text, RELATIVE) : new URL(text);
  });
  env.registerFunction('isURL(string): bool', isUrl);
  const part = (name: string, read: (url: URL) => string): void => {
    env.registerFunction(`net.URL.${name}(): string`, (url: URL) => (isRelative(url) && !name.includes('Path') ? '' : read(url)));
  };
  part('getScheme', ({ protocol }) => protocol.slice(0, -1));
  part('getHost', ({ host }) => host);
  part('getHostname', ({ hostname }) => hostname.replace(/^\[|\]$/g, ''));
  part('getPort', ({ port }) => port);
  part('getEscapedPath', ({ pathname }) => pathname);
  env.registerFunction('net.URL.getQuery(): map<string, list<string>>', ({ searchParams }: URL) => {
    return new Map([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]));
  });
} // prettier-ignore

const RELATIVE = 'none://relative.invalid';
const isRelative = ({ protocol }: URL): boolean => protocol === 'none:';

function isUrl(text: string): boolean {
  return text.startsWith('/') || (URL.canParse(text) && /^[a-z][-a-z0-9+.]*:/i.test(text));
}

class Formats {}
class NamedFormat {
  constructor(readonly rule: TextRule) {}
}

const breach =
  (isGood: (text: string) => boolean, detail: string): TextRule =>
  (text) =>
    isGood(text) ? [] : [detail];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const NAMED_FORMATS: Readonly<Record<string, TextRule>> = {
  dns1123Label: dnsLabel,
  dns1123Subdomain: dnsSubdomain,
  dns1035Label,
  qualifiedName,
  labelValue,
  configKey,
  portName,
  uri: breach(isUrl, 'invalid URI'),
  uuid: breach((text) => UUID.test(text), 'does not match the UUID format'),
};

/** Kubernetes' format library: `!format.dns1123Label().validate(self.name).hasValue()`. */
export function registerFormats(env: Environment): void {
  env.registerType('kubernetes.Formats', { ctor: Formats, fields: {} });
  env.registerType('kubernetes.NamedFormat', { ctor: NamedFormat, fields: {} });
  env.registerConstant('format', 'kubernetes.Formats', new Formats());
  for (const [name, rule] of Object.entries(NAMED_FORMATS)) {
    env.registerFunction(`kubernetes.Formats.${name}(): kubernetes.NamedFormat`, () => new NamedFormat(rule));
  }
  env.registerFunction(
    'kubernetes.NamedFormat.validate(string): optional<list<string>>',
    ({ rule }: NamedFormat, text: string) => {
      const wrong = rule(text);
      return wrong.length === 0 ? Optional.none() : Optional.of([...wrong]);
    },
  );
}
