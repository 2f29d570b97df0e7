import { ownerWarnings } from './owner-warnings';

describe('owners that are given twice', () => {
  const owner = (uid: string) => ({ apiVersion: 'v1', kind: 'Pod', name: 'p', uid });
  const body = (...uids: string[]) => ({ metadata: { ownerReferences: uids.map(owner) } });

  it('are warned of, by their uids', () => {
    expect(ownerWarnings(body('a', 'b'))).toEqual([]);
    expect(ownerWarnings(body('a', 'b', 'a', 'b'))).toEqual([
      '.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such ' +
        'requests as early as 1.24; please fix your requests; duplicate UID(s) observed: a, b',
    ]);
    expect(ownerWarnings(body('a', 'a'), 'merge')[0]).toContain('duplicate entries after mutating admission happens;');
    expect(ownerWarnings(body('a', 'a'), 'strategic')).toEqual([]);
  });

  it.each([
    [null],
    [{ metadata: [] }],
    [{ metadata: { ownerReferences: {} } }],
    [{ metadata: { ownerReferences: [1, 1] } }],
  ])('in %j are none', (odd) => expect(ownerWarnings(odd)).toEqual([]));
});
