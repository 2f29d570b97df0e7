import { aPod, versioned } from '../../../../libs/apimachinery/src/testing/objects';
import type { StatusError } from '@shiplog/contracts';
import {
  codeOfWaiting,
  deletionOf,
  dryRunOf,
  fieldValidationOf,
  flagParam,
  integerParam,
  selectionOf,
  versionAsked,
  wholeParam,
  type Query,
} from './options';

describe('query options', () => {
  it.each([
    [{}, { at: 'latest' }],
    [{ resourceVersion: '0' }, { at: 'any' }],
    [{ resourceVersion: '7' }, { at: 'notOlderThan', position: 7 }],
    [
      { resourceVersion: '7', resourceVersionMatch: 'NotOlderThan' },
      { at: 'notOlderThan', position: 7 },
    ],
    [
      { resourceVersion: '7', resourceVersionMatch: 'Exact' },
      { at: 'exactly', position: 7 },
    ],
    [{ resourceVersionMatch: 'NotOlderThan', sendInitialEvents: 'true' }, { at: 'latest' }],
    [{ resourceVersion: '00' }, { at: 'any' }],
    [{ resourceVersion: '18446744073709551615' }, { at: 'notOlderThan', position: 2 ** 64 }],
  ])('reads the version asked for by %j', (query, expected) => {
    expect(versionAsked(query)).toEqual(expected);
  });

  it.each([
    ['x', 'invalid syntax'],
    ['-1', 'invalid syntax'],
    ['18446744073709551616', 'value out of range'],
  ])('refuses the version %s', (version, problem) => {
    expect(() => versionAsked({ resourceVersion: version })).toThrow(
      `resourceVersion: Invalid value: "${version}": strconv.ParseUint: parsing "${version}": ${problem}`,
    );
  });

  it('reads flags as Go writes them, and numbers only when they are whole', () => {
    expect([flagParam({ watch: 'true' }, 'watch'), flagParam({ watch: '1' }, 'watch')]).toEqual([true, true]);
    expect([flagParam({ watch: '0' }, 'watch'), flagParam({}, 'watch')]).toEqual([false, false]);
    for (const value of ['', 'yes', 't', 'TRUE']) expect(flagParam({ watch: value }, 'watch')).toBe(true);
    expect(flagParam({ watch: 'False' }, 'watch')).toBe(false);
    expect(integerParam({ limit: '-5' }, 'limit')).toBe(-5);
    expect(() => integerParam({ limit: '1.5' }, 'limit')).toThrow('strconv.ParseInt: parsing "1.5": invalid syntax');
    expect(wholeParam({ limit: '500' }, 'limit')).toBe(500);
    expect(() => wholeParam({ limit: '-1' }, 'limit')).toThrow(/limit/);
  });

  it('takes dryRun=All and nothing else', () => {
    expect([undefined, 'All', ['All']].map((value) => dryRunOf(value, 'CreateOptions'))).toEqual([false, true, true]);
    expect(() => dryRunOf(['All', 'Some'], 'PatchOptions')).toThrow(
      'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: []string{"All", "Some"}: supported values: "All"',
    );
  });

  it('warns of unknown fields unless it is told otherwise', () => {
    expect(fieldValidationOf({}, 'CreateOptions')).toBe('Warn');
    expect(fieldValidationOf({ fieldValidation: 'Strict' }, 'CreateOptions')).toBe('Strict');
    expect(() => fieldValidationOf({ fieldValidation: 'Lax' }, 'UpdateOptions')).toThrow(
      'UpdateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Lax": ' +
        'supported values: "", "Ignore", "Strict", "Warn"',
    );
  });

  it('reads deletions from the body before the query', () => {
    expect(deletionOf({ gracePeriodSeconds: '5' }, { gracePeriodSeconds: 0, preconditions: { uid: 'u' } })).toEqual({
      dryRun: false,
      gracePeriodSeconds: 0,
      preconditions: { uid: 'u' },
    });
    expect(deletionOf({ propagationPolicy: 'Foreground', dryRun: 'All' }, undefined)).toEqual({
      dryRun: true,
      propagationPolicy: 'Foreground',
    });
    expect(deletionOf({ orphanDependents: 'true' }, undefined)).toMatchObject({ propagationPolicy: 'Orphan' });
    expect(deletionOf({ orphanDependents: 'false' }, undefined)).toMatchObject({ propagationPolicy: 'Background' });
    expect(deletionOf({}, { orphanDependents: false })).toMatchObject({ propagationPolicy: 'Background' });
    expect([codeOfWaiting({}, { orphanDependents: false }), codeOfWaiting({}, {})]).toEqual([202, 200]);
  });

  it('refuses a policy of deletion that there is not, and two at once', () => {
    const refusal = (query: Query, body?: Record<string, unknown>) => {
      try {
        return deletionOf(query, body);
      } catch (error) {
        const { code, reason, message } = (error as StatusError).status;
        return `${code} ${reason}: ${message}`;
      }
    };
    const invalid = '422 Invalid: DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy:';
    expect(refusal({ propagationPolicy: 'Sometimes' })).toBe(
      `${invalid} Unsupported value: "Sometimes": supported values: "Foreground", "Background", "Orphan", "nil"`,
    );
    const twice = `${invalid} Invalid value: "Background": orphanDependents and deletionPropagation cannot be both set`;
    expect(refusal({}, { orphanDependents: true, propagationPolicy: 'Background' })).toBe(twice);
    expect(refusal({ propagationPolicy: 'Background', orphanDependents: 'true' })).toBe(twice);
    expect(refusal({ orphanDependents: 'false', propagationPolicy: 'Background' })).toBe(twice);
    expect(refusal({}, { orphanDependents: null, propagationPolicy: 'Background' })).toMatchObject({
      propagationPolicy: 'Background',
    });
  });

  it('leaves a negative grace period to the journal, as a word of the query and of the body', () => {
    expect(deletionOf({ gracePeriodSeconds: '-1' }, undefined)).toMatchObject({ gracePeriodSeconds: -1 });
    expect(deletionOf({}, { gracePeriodSeconds: -1 })).toMatchObject({ gracePeriodSeconds: -1 });
    expect(() => deletionOf({ gracePeriodSeconds: '--1' }, undefined)).toThrow(/ParseInt/);
  });

  it('takes a precondition that is null for none, and refuses what no precondition can be', () => {
    expect(deletionOf({}, { preconditions: { uid: null, resourceVersion: '7' } })).toEqual({
      dryRun: false,
      preconditions: { resourceVersion: '7' },
    });
    expect(() => deletionOf({}, { preconditions: { uid: 5 } })).toThrow(/preconditions.uid: Invalid value/);
  });

  it('narrows a selection to the object in the path', () => {
    const selection = selectionOf(versioned('pods'), 'default', { labelSelector: 'a=b' }, { name: 'web' });
    expect(selection.fields).toMatchObject([{ equals: true, value: 'web' }]);
    expect(selection.fields[0]?.read(aPod())).toBe('web');
    expect(selection.labels).toHaveLength(1);
    expect(() => selectionOf(versioned('pods'), '', { fieldSelector: 'spec.color=red' })).toThrow(
      /field label not supported/,
    );
  });
});
