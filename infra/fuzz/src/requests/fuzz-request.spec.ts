import { Random } from '../../../linearizability/src/random';
import { bytesOf } from '../run/raw-client';
import { fuzzRequest } from './fuzz-request';
import { WRITTEN } from './valid-objects';

const requestsOf = (seed: number, count: number) => {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, index) => fuzzRequest(random, `n${index}`, () => ['there']));
};

describe('requests that nobody should send', () => {
  it('follow from the seed', () => {
    const bytes = (seed: number) => Buffer.concat(requestsOf(seed, 200).map((request) => bytesOf(request, 'token')));
    expect(bytes(3).equals(bytes(3))).toBe(true);
    expect(bytes(3).equals(bytes(4))).toBe(false);
  });

  it('are of every kind: methods, media types, odd names, and lines that can be parsed as a request', () => {
    const requests = requestsOf(1, 4_000);
    const texts = requests.map((request) => bytesOf(request, 'token').toString('latin1'));
    for (const text of texts) expect(text).toMatch(/^[A-Z]+ \/\S* HTTP\/1\.1\r\n/);
    const some = (pattern: RegExp) => texts.some((text) => pattern.test(text));
    for (const type of ['json-patch', 'merge-patch', 'strategic-merge-patch', 'apply-patch'])
      expect(some(new RegExp(`^PATCH [^]*application/${type}`))).toBe(true);
    for (const { row } of WRITTEN) expect(some(new RegExp(`^POST [^ ]*/${row.plural}[ ?]`))).toBe(true);
    expect(some(/application\/vnd\.kubernetes\.protobuf[^]*k8s\0/)).toBe(true);
    expect(some(/Content-Type: application\/yaml[^]*metadata:/)).toBe(true);
    expect(some(/%E6%BC%A2/)).toBe(true);
    expect(some(/"__proto__":/)).toBe(true);
    expect(some(/Accept: .*as=constructor/)).toBe(true);
  });
});
