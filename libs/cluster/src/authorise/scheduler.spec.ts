import type { AnyCommand, StoredObject } from '@shiplog/contracts';
import { keepFor, patchOf, selectNode, statusPatchOf, type StoredClaim, type StoredVolume } from '@shiplog/kube';
import { schedulerRejection } from './scheduler';

const named = <T extends StoredObject>(name: string) =>
  ({ metadata: { name, namespace: 'default', uid: 'u', resourceVersion: '1' }, spec: {} }) as unknown as T;
const claim = named<StoredClaim>('c');
const volume = named<StoredVolume>('v');
const rejection = (command: ReturnType<typeof patchOf>) =>
  schedulerRejection({ id: 'x', actor: 'system:shiplog:scheduler', ...command } as AnyCommand);

describe('a scheduler', () => {
  it('keeps volumes for claims, and chooses the nodes where others are made', () => {
    expect(rejection(keepFor(claim, volume))).toBeUndefined();
    expect(rejection(selectNode(claim, 'n1'))).toBeUndefined();
  });

  it.each<[string, ReturnType<typeof patchOf>]>([
    ['it may patch claims and volumes only', patchOf('pods', claim, { metadata: { annotations: {} } })],
    ['it may patch claims and volumes only', statusPatchOf('persistentvolumes', volume, { phase: 'Bound' })],
    ['it may patch by merge patches only', patchOf('persistentvolumes', volume, {}, { patchType: 'json' })],
    ['it may patch by merge patches only', patchOf('persistentvolumes', volume, {}, { patchType: 'apply' })],
    [
      'it may not change spec.hostPath of persistentvolumes',
      patchOf('persistentvolumes', volume, { spec: { hostPath: {} } }),
    ],
    [
      'it may not change spec.volumeName of persistentvolumeclaims',
      patchOf('persistentvolumeclaims', claim, { spec: { volumeName: 'v' } }),
    ],
    [
      'it may not change metadata.finalizers of persistentvolumes',
      patchOf('persistentvolumes', volume, { metadata: { finalizers: [] } }),
    ],
    [
      'it may not change metadata.annotations.a of persistentvolumes',
      patchOf('persistentvolumes', volume, { metadata: { annotations: { a: 'b' } } }),
    ],
    [
      'it may not remove the annotations of an object',
      patchOf('persistentvolumes', volume, { metadata: { annotations: null } }),
    ],
    ['it may not remove parts of an object', patchOf('persistentvolumes', volume, { spec: null })],
    ['it may not change kind of persistentvolumes', patchOf('persistentvolumes', volume, { kind: 'Pod' })],
  ])('is told %j', (reason, command) => {
    expect(rejection(command)).toBe(reason);
  });
});
