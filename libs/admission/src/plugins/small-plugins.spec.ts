import { builtIn, type KubeObject, type StoredObject } from '@shiplog/contracts';
import { FewObjects, admission, created, rejectionOf, stored, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const storageClass = (name: string, fields: object = {}): KubeObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name },
  provisioner: 'example.org/disks',
  ...fields,
});
const claim = (storage: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec },
});
const state = new FewObjects()
  .put('storageclasses.storage.k8s.io', stored(storageClass('growing', { allowVolumeExpansion: true })))
  .put('storageclasses.storage.k8s.io', stored(storageClass('fixed')));

describe('PersistentVolumeClaimResize', () => {
  const RULE =
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
  const resize = (storageClassName: string, to: string) => {
    const made = stored(created('persistentvolumeclaims', claim('2Gi', { storageClassName }))) as StoredObject;
    const bound = { ...made, status: { phase: 'Bound', capacity: { storage: '1Gi' } } } as StoredObject;
    const after = { ...bound, spec: { ...(bound.spec as object), resources: { requests: { storage: to } } } };
    return admitUpdate(builtIn('persistentvolumeclaims'), undefined, bound, after, admission({ state }));
  };

  it.each([
    ['growing', '3Gi', undefined],
    ['fixed', '3Gi', RULE],
    ['missing', '3Gi', RULE],
    ['', '3Gi', RULE],
    ['fixed', '2Gi', undefined],
    ['fixed', '1536Mi', undefined],
  ])('of class %p to %s', (name, to, problem) => {
    const result = resize(name, to);
    if (problem === undefined) valueOf(result);
    else {
      const { code, message } = rejectionOf(result);
      expect([code, message]).toEqual([403, `persistentvolumeclaims "data" is forbidden: ${problem}`]);
    }
  });
});

describe('TaintNodesByCondition', () => {
  const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  const taintsOf = (status: string | undefined, taints?: object[]) => {
    const conditions = status === undefined ? [] : [{ type: 'Ready', status }];
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: { taints }, status: { conditions } };
    return created('nodes', node as KubeObject).spec?.taints;
  };

  it.each([
    ['True', undefined, undefined],
    [undefined, undefined, undefined],
    ['False', undefined, [NOT_READY]],
    ['Unknown', [{ key: 'a', effect: 'NoExecute' }], [{ key: 'a', effect: 'NoExecute' }, NOT_READY]],
    ['False', [NOT_READY], [NOT_READY]],
  ])('of a node whose readiness is %p', (status, given, taints) => {
    expect(taintsOf(status, given)).toEqual(taints);
  });
});
