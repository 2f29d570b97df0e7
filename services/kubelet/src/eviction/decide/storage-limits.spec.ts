import { pod } from '../../testing/builders';
import type { PodUse } from './ranking';
import { limitsStorage, storageExceeded } from './storage-limits';

/** Limits of containers by name, and what was written in all and by each. */
function use(
  limits: Record<string, string | undefined>,
  used: number | undefined,
  written: Record<string, number>,
): PodUse {
  const containers = Object.entries(limits).map(([name, limit]) => {
    const ofDisk: Record<string, string> = limit === undefined ? {} : { 'ephemeral-storage': limit };
    return { name, image: 'app:1', resources: { limits: ofDisk } };
  });
  const wrote = Object.entries(written).map(([name, bytes]) => ({ name, used: bytes }));
  return { pod: pod({ containers }), used, containers: wrote };
}

describe('what a pod may write', () => {
  it('is measured only where a container has a limit', () => {
    expect(limitsStorage(use({ a: undefined }, 0, {}).pod)).toBe(false);
    expect(limitsStorage(use({ a: undefined, b: '1Mi' }, 0, {}).pod)).toBe(true);
  });

  it('is the sum of its containers’ limits in all, with its volumes', () => {
    const message = 'Pod ephemeral local storage usage exceeds the total limit of containers 2Ki. ';
    expect(storageExceeded(use({ a: '1Ki', b: '1Ki' }, 2_049, { a: 10 }))).toBe(message);
    expect(storageExceeded(use({ a: '1Ki', b: '1Ki' }, 2_048, { a: 10 }))).toBeUndefined();
  });

  it('is each container’s limit for that one', () => {
    const message = 'Container b exceeded its local ephemeral storage limit "1Ki". ';
    expect(storageExceeded(use({ a: '4Ki', b: '1Ki' }, 1_500, { a: 10, b: 1_025 }))).toBe(message);
    expect(storageExceeded(use({ a: '4Ki', b: '1Ki' }, 1_500, { a: 1_025, b: 10 }))).toBeUndefined();
  });

  it('has no end without limits, and is not judged by what could not be measured', () => {
    expect(storageExceeded(use({ a: undefined }, 1e12, { a: 1e12 }))).toBeUndefined();
    expect(storageExceeded(use({ a: '1Ki' }, undefined, {}))).toBeUndefined();
  });
});
