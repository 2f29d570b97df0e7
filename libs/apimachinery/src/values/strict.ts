import { canonicalIp, formatNetwork, type IpFamily, ipFamilyOf, parseCidr, parseIp, parseNetwork } from './net';

/** A value that would become part of a command, a rule or a path is not what it must be; the message says what it must. */
export class UnsoundValue extends Error {
  constructor(value: unknown, must: string) {
    const text = JSON.stringify(value) ?? 'undefined';
    super(`${text.length > 100 ? `${text.slice(0, 100)}…` : text} must be ${must}`);
    this.name = 'UnsoundValue';
  }
}

/** The IPv4 address that a value is, in dotted form. Throws UnsoundValue. */
export function ipv4Of(value: unknown): string {
  if (typeof value !== 'string' || parseIp(value) === undefined) throw new UnsoundValue(value, 'an IPv4 address');
  return value;
}

/** The address of a family that a value is, in the one text that each has. Throws UnsoundValue. */
export function ipOf(value: unknown, family: IpFamily): string {
  if (family === 'IPv4') return ipv4Of(value);
  if (typeof value === 'string' && ipFamilyOf(value) === 'IPv6' && canonicalIp(value) === value) return value;
  throw new UnsoundValue(value, 'an IPv6 address in canonical form');
}

/** The network of a family that a value is, as `10.0.0.0/8`; one of IPv6 in the one text that each has. Throws UnsoundValue. */
export function cidrOf(value: unknown, family: IpFamily): string {
  if (typeof value !== 'string') throw new UnsoundValue(value, `an ${family} network`);
  const network = parseNetwork(value);
  const isSound = family === 'IPv4' ? parseCidr(value) !== undefined : network && formatNetwork(network) === value;
  if (isSound !== true || network?.family !== (family === 'IPv4' ? 4 : 6))
    throw new UnsoundValue(value, `an ${family} network`);
  return value;
}

/** The port that a value is, a number from 1 to 65535. Throws UnsoundValue. */
export function portOf(value: unknown): number {
  return integerOf(value, 1, 65_535);
}

/** The integer that a value is, within bounds that are both included. Throws UnsoundValue. */
export function integerOf(value: unknown, first: number, last: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < first || value > last) {
    throw new UnsoundValue(value, `an integer from ${first} to ${last}`);
  }
  return value;
}

/** The one of some texts that a value is. Throws UnsoundValue. */
export function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found === undefined) throw new UnsoundValue(value, `one of ${allowed.join(', ')}`);
  return found;
}

const TOKEN = /^[A-Za-z0-9-]{1,64}$/;

/** Whether a text is a plain token, as every uid is: 1 to 64 letters, digits and dashes. */
export function isToken(text: unknown): text is string {
  return typeof text === 'string' && TOKEN.test(text);
}

/** The plain token that a value is. Throws UnsoundValue. */
export function tokenOf(value: unknown): string {
  if (!isToken(value)) throw new UnsoundValue(value, 'a token of 1 to 64 letters, digits and dashes');
  return value;
}
