import { formatIp, parseIp, parseIpv6 } from '@shiplog/apimachinery';

const V4 = '.in-addr.arpa';
const V6 = '.ip6.arpa';

/** The address that a reverse name is of, as `addressKey` writes it; undefined for other names. RFC 1035 §3.5, RFC 3596 §2.5. */
export function addressOfReverse(name: string): string | undefined {
  if (name.endsWith(V4)) {
    const text = name.slice(0, -V4.length).split('.').reverse().join('.');
    return parseIp(text) === undefined ? undefined : text;
  }
  if (!name.endsWith(V6)) return undefined;
  const nibbles = name.slice(0, -V6.length).split('.').reverse();
  if (nibbles.length !== 32 || !nibbles.every((nibble) => /^[0-9a-f]$/.test(nibble))) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) => nibbles.slice(4 * i, 4 * i + 4).join(''));
  return addressKey(groups.join(':'));
}

/** An address in one form, whichever it was written in: to compare by. Undefined when it is none. */
export function addressKey(text: string): string | undefined {
  if (parseIp(text) !== undefined) return text;
  return parseIpv6(text)
    ?.map((group) => group.toString(16))
    .join(':');
}

/** `10-244-1-2` of 10.244.1.2, `fd00--1` of fd00::1: how an address is a label of a name. */
export function dashed(address: string): string {
  return address.replaceAll(/[.:]/g, '-');
}

/** The address that a label is; undefined for other labels. */
export function addressOfDashed(label: string): string | undefined {
  const v4 = parseIp(label.replaceAll('-', '.'));
  if (v4 !== undefined) return formatIp(v4);
  const v6 = label.replaceAll('-', ':');
  return parseIpv6(v6) === undefined ? undefined : v6;
}
