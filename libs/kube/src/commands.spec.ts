import { deletionOf, patchOf, statusPatchOf } from '.';

const POD = { metadata: { namespace: 'default', name: 'web', uid: 'u1', resourceVersion: '7' } };
const KEY = { resource: 'pods', namespace: 'default', name: 'web' };

describe('commands about an object', () => {
  it('patch exactly this one: its uid is a precondition, and its version where the decision rests on it', () => {
    expect(patchOf('pods', POD, { metadata: { labels: { a: 'b' } } })).toEqual({
      type: 'PatchObject',
      data: { ...KEY, patchType: 'strategic', patch: { metadata: { uid: 'u1', labels: { a: 'b' } } } },
    });
    expect(patchOf('pods', POD, { spec: null }, { patchType: 'merge', asSeen: true }).data).toEqual({
      ...KEY,
      patchType: 'merge',
      patch: { metadata: { uid: 'u1', resourceVersion: '7' }, spec: null },
    });
    expect(statusPatchOf('nodes', { metadata: { name: 'n' } }, { phase: 'x' }).data).toEqual({
      ...{ resource: 'nodes', namespace: '', name: 'n', subresource: 'status', patchType: 'strategic' },
      patch: { status: { phase: 'x' } },
    });
  });

  it('delete exactly this one', () => {
    expect(deletionOf('pods', POD, { gracePeriodSeconds: 0 })).toEqual({
      type: 'DeleteObject',
      data: { ...KEY, gracePeriodSeconds: 0, preconditions: { uid: 'u1' } },
    });
    expect(deletionOf('pods', POD, { asSeen: true, propagationPolicy: 'Orphan' }).data).toEqual({
      ...KEY,
      propagationPolicy: 'Orphan',
      preconditions: { uid: 'u1', resourceVersion: '7' },
    });
  });
});
