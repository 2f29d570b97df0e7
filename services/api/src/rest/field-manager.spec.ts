import { StatusError } from '@shiplog/contracts';
import { fieldManagementOf } from './field-manager';

const of = (query: Record<string, string>, patchType?: 'apply' | 'merge', userAgent?: string) =>
  fieldManagementOf({ query, userAgent }, patchType === undefined ? 'UpdateOptions' : 'PatchOptions', patchType);

function refusal(attempt: () => unknown): string | undefined {
  try {
    attempt();
  } catch (error) {
    if (error instanceof StatusError) return `${error.status.code} ${error.status.message}`;
    throw error;
  }
  return undefined;
}

describe('the manager of a write', () => {
  it.each([
    ['kubectl/v1.31.0 (linux/amd64) kubernetes/9edcffc', 'kubectl'],
    ['curl', 'curl'],
    ['', 'unknown'],
    [undefined, 'unknown'],
    ['a\u00adb\u0007c/1', 'abc'],
    [`${'x'.repeat(127)}éé/1`, 'x'.repeat(127)],
  ])('of a client that calls itself %j is %j', (userAgent, manager) => {
    expect(of({}, undefined, userAgent)).toEqual({ fieldManager: manager });
    expect(of({ fieldManager: 'mine' }, undefined, userAgent)).toEqual({ fieldManager: 'mine' });
  });

  it('may take what others manage when it applies', () => {
    expect(of({ fieldManager: 'a', force: 'true' }, 'apply')).toEqual({ fieldManager: 'a', force: true });
    expect(of({ fieldManager: 'a', force: 'false' }, 'apply')).toEqual({ fieldManager: 'a' });
  });

  it.each<[string, () => unknown, string]>([
    ['none that applies', () => of({}, 'apply'), 'fieldManager: Required value: is required for apply patch'],
    ['force', () => of({ force: 'true' }, 'merge'), 'force: Forbidden: may not be specified for non-apply patch'],
    [
      'a long name',
      () => of({ fieldManager: 'x'.repeat(129) }, 'apply'),
      'fieldManager: Too long: may not be more than 128 bytes',
    ],
    [
      'what can not be printed',
      () => of({ fieldManager: 'é\u0007' }, 'apply'),
      'fieldManager: Invalid value: "é\\u0007": invalid character U+0007 (at position 2)',
    ],
  ])('can not be %s', (_, attempt, problem) => {
    expect(refusal(attempt)).toBe(`422 PatchOptions.meta.k8s.io "" is invalid: ${problem}`);
  });
});
