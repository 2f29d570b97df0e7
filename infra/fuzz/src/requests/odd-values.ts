import type { Random } from '../../../linearizability/src/random';

/** Names that some program somewhere takes for something else. */
const NAMES: readonly string[] = [
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '.', '..', '*', '>', '_', '%', '%2e%2e', 'a/b', 'a b', 'A',
  'true', 'null', '0', '-1', 'é', '漢字', '\u{1f600}', '\u202e', '\u0000', '\n', 'a\r\nx: y', "';--", '${x}', '{{x}}', 'x'.repeat(253),
  'x'.repeat(254), 'x'.repeat(3_000), 'a.b.c', 'a-', '-a', 'status', 'namespaces', 'watch', 'default', 'kube-system',
]; // prettier-ignore

const TEXTS: readonly string[] = [
  '', ' ', '0', '1', '-1', '1e400', '9223372036854775807', '9223372036854775808', '18446744073709551616', 'NaN', 'true', 'null', '{}', '[]',
  '2024-99-99T99:99:99Z', '2024-01-01T00:00:00Z', '9999-12-31T23:59:60Z', '1Ki', '1e3', '0.0000000000001', '::1', '10.0.0.1', '999.1.1.1',
  '10.0.0.0/33', 'http', 'Always', 'ClusterIP', 'None', '__proto__', '\u0000', '\ud800', '漢', '\u{1f600}'.repeat(64), 'x'.repeat(5_000),
]; // prettier-ignore

const NUMBERS: readonly number[] = [
  0, -0, 1, -1, 80, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 9_007_199_254_740_991, 1e21, 0.5, 1e-7, 1e308,
]; // prettier-ignore

const HEADER_VALUES: readonly string[] = [
  '', ' ', 'constructor', 'toString', '__proto__', 'json', 'text/html', '*/*', 'application/*', 'application/json', 'application/yaml',
  'application/vnd.kubernetes.protobuf', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'application/json;as=constructor;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json; charset=utf-16', 'application/json;q=0', 'application/json, text/plain;q=0.9, */*;q=0.1', ';;;', 'a/b/c', 'é', '\u00ff\u00fe',
  'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml',
  'application/x-www-form-urlencoded', 'multipart/form-data', 'x'.repeat(7_000),
]; // prettier-ignore

const HEADER_NAMES: readonly string[] = [
  'Accept', 'Content-Type', 'Accept-Encoding', 'If-None-Match', 'If-Match', 'User-Agent', 'X-Forwarded-For', 'Impersonate-User', 'Expect',
  'Content-Encoding', 'Origin', 'Range', 'X-Request-Id', 'Traceparent', 'Cookie', '__proto__', 'constructor',
]; // prettier-ignore

const OPTIONS: readonly string[] = [
  'limit', 'continue', 'resourceVersion', 'resourceVersionMatch', 'labelSelector', 'fieldSelector', 'timeoutSeconds', 'dryRun', 'fieldManager',
  'fieldValidation', 'gracePeriodSeconds', 'propagationPolicy', 'orphanDependents', 'pretty', 'includeObject', 'allowWatchBookmarks',
  'sendInitialEvents', 'force', 'exact', 'export', '__proto__', 'constructor',
]; // prettier-ignore

const OPTION_VALUES: readonly string[] = [
  ...TEXTS.slice(0, 20), 'All', 'Strict', 'Warn', 'Ignore', 'Exact', 'NotOlderThan', 'Background', 'Foreground', 'Orphan', 'Table', 'a=b', 'a in (b,c)',
  'a!=b', '!a', 'a=b,', ',', '(', 'a in (', 'metadata.name=x', 'metadata.name', 'spec.nodeName=', 'status.phase!=x', '%00', 'eyJ2IjoibWV0YSJ9',
]; // prettier-ignore

export const oddName = (random: Random): string => random.pick(NAMES);
export const oddText = (random: Random): string => random.pick(TEXTS);
export const oddOption = (random: Random): string =>
  `${encodeURIComponent(random.pick(OPTIONS))}=${random.chance(0.9) ? encoded(random.pick(OPTION_VALUES)) : '%'}`;
/** A header line without its end. Its characters are bytes. */
export const oddHeader = (random: Random): readonly [string, string] => [
  random.pick(HEADER_NAMES),
  random.pick(HEADER_VALUES),
];

/** As a part of a URL; a lone surrogate has no encoding, and goes as what stands for it. */
export function encoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

/** Any JSON value; deep and large ones are rare. */
export function oddValue(random: Random, depth = 0): unknown {
  const kind = random.weighted([
    [4, 'text'],
    [3, 'number'],
    [2, 'word'],
    [2, 'list'],
    [3, 'object'],
    [depth === 0 ? 0.3 : 0, 'deep'],
    [depth === 0 ? 0.1 : 0, 'many'],
  ] as const);
  switch (kind) {
    case 'text':
      return oddText(random);
    case 'number':
      return random.pick(NUMBERS);
    case 'word':
      return random.pick([null, true, false]);
    case 'list':
      return depth > 3 ? [] : Array.from({ length: random.between(0, 3) }, () => oddValue(random, depth + 1));
    case 'object':
      return depth > 3
        ? {}
        : Object.fromEntries(
            Array.from({ length: random.between(0, 3) }, () => [oddName(random), oddValue(random, depth + 1)]),
          );
    case 'deep':
      return nested(random.pick([150, 250, 3_000, 50_000]));
    case 'many':
      return Array.from({ length: 20_000 }, (_, index) => `n${index}`);
  }
}

/** Stands for so many lists in one another: this process' own recursion doesn't go so deep. */
function nested(depth: number): string {
  return `@deep:${depth}@`;
}

/** A value's text, with what stands for something written out. Also of YAML, which has lists in brackets too. */
export function written(text: string): string {
  return text.replace(/"@deep:(\d+)@"/g, (_, depth: string) => '['.repeat(Number(depth)) + ']'.repeat(Number(depth)));
}
