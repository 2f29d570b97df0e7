import {
  countIn,
  DESIRED_REPLICAS,
  inheritedAnnotations,
  REVISION,
  REVISION_HISTORY,
  revisionOf,
  withRevision,
} from './annotations';

describe("a ReplicaSet's annotations", () => {
  it('tell a revision, however large, or none', () => {
    expect(revisionOf({ [REVISION]: '3546343826724305832' })).toBe(3546343826724305832n);
    expect([revisionOf(undefined), revisionOf({ [REVISION]: 'first' }), revisionOf({ [REVISION]: '' })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([countIn({ [DESIRED_REPLICAS]: '3' }, DESIRED_REPLICAS), countIn({}, DESIRED_REPLICAS)]).toEqual([
      3,
      undefined,
    ]);
  });

  it("are its Deployment's, but for what is the Deployment's own", () => {
    const own = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', [REVISION]: '1', [DESIRED_REPLICAS]: '2' };
    expect(inheritedAnnotations({ ...own, 'kubernetes.io/change-cause': 'a fix' })).toEqual({
      'kubernetes.io/change-cause': 'a fix',
    });
    expect(inheritedAnnotations(undefined)).toEqual({});
  });

  it.each<[string, Record<string, string>, bigint, Record<string, string>]>([
    ['a new one', {}, 2n, { [REVISION]: '2' }],
    ['one that has it', { [REVISION]: '2' }, 2n, { [REVISION]: '2' }],
    ['one with a higher one, where others were deleted', { [REVISION]: '5' }, 2n, { [REVISION]: '5' }],
    ['one that is returned to', { [REVISION]: '1' }, 3n, { [REVISION]: '3', [REVISION_HISTORY]: '1' }],
    [
      'one that is returned to again',
      { [REVISION]: '9', [REVISION_HISTORY]: '1,3' },
      10n,
      { [REVISION]: '10', [REVISION_HISTORY]: '1,3,9' },
    ],
    ['one that can not be read', { [REVISION]: 'mine' }, 2n, { [REVISION]: 'mine' }],
  ])('get a revision: %s', (_, before, next, after) => {
    expect(withRevision(before, next)).toEqual(after);
  });

  it('forget the oldest revisions where there are too many', () => {
    const history = Array.from({ length: 700 }, (_, i) => String(i)).join();
    const { [REVISION_HISTORY]: after = '' } = withRevision({ [REVISION]: '800', [REVISION_HISTORY]: history }, 801n);
    expect(after.length).toBeLessThanOrEqual(2_000);
    expect(after.split(',').slice(-2)).toEqual(['699', '800']);
  });
});
