const ADDRESS = /\b(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?/g;

/**
 * Anything with IPv4 addresses and networks as it would be with IPv6 ones: `10.96.0.10` is `fd00::10:96:0:10`, a part of
 * 8 bits one of 16, and 127.0.0.1 is ::1. By it what is said of IPv4 is asked of IPv6, too.
 */
export function ipv6Of<T>(value: T): T {
  const text = JSON.stringify(value).replace(
    ADDRESS,
    (_, a: string, b: string, c: string, d: string, prefix?: string) =>
      a === '127' ? '::1' : `fd00::${a}:${b}:${c}:${d}${prefix === undefined ? '' : `/${64 + Number(prefix) * 2}`}`,
  );
  return JSON.parse(text.replaceAll('"IPv4"', '"IPv6"')) as T;
}

/** What such a text was of IPv4. */
export function ipv4TextOf(text: string): string {
  return text.replace(/\[?fd00::(\d+):(\d+):(\d+):(\d+)\]?/g, '$1.$2.$3.$4');
}
