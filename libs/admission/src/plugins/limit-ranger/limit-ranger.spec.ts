import { builtIn, type KubeObject, type LimitRangeItem, type StoredObject } from '@shiplog/contracts';
import { admitCreate } from '../../create';
import { FewObjects, aPod, admission, created, rejectionOf, stored, valueOf } from '../../testing/builders';
import { admitUpdate } from '../../update';

type Amounts = Record<string, string>;

function namespaceWith(...limits: LimitRangeItem[]): FewObjects {
  const state = new FewObjects();
  const range = {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'range', namespace: 'default' },
    spec: { limits },
  };
  return state.put('limitranges', created('limitranges', range));
}

const pod = (resources: object, spec: object = {}): KubeObject =>
  aPod({ containers: [{ name: 'a', image: 'a:1', resources }], ...spec });
const claim = (storage: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
});

const asked = (requests: Amounts, limits: Amounts = {}): object => ({ requests, limits });

describe('LimitRanger', () => {
  it('fills in what containers leave out, and says so', () => {
    const state = namespaceWith({
      type: 'Container',
      default: { cpu: '1', memory: '1Gi' },
      defaultRequest: { cpu: '100m' },
    });
    const initContainers = [{ name: 'first', image: 'b:1', resources: { limits: { cpu: '2', memory: '2Gi' } } }];
    const made = created('pods', pod({ requests: { memory: '5Mi' } }, { initContainers }), admission({ state }));
    expect(made.spec?.containers[0]?.resources).toEqual({
      requests: { cpu: '100m', memory: '5Mi' },
      limits: { cpu: '1', memory: '1Gi' },
    });
    expect(made.spec?.initContainers?.[0]?.resources?.requests).toEqual({ cpu: '2', memory: '2Gi' });
    expect(made.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container a; cpu, memory limit for container a',
    });
    expect(made.status?.qosClass).toBe('Burstable');
  });

  it('makes a pod that says nothing guaranteed where the defaults do', () => {
    const state = namespaceWith({ type: 'Container', default: { cpu: '1', memory: '1Gi' } });
    const made = created('pods', pod({}), admission({ state }));
    expect(made.status?.qosClass).toBe('Guaranteed');
    expect(made.metadata.annotations?.['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu, memory request for container a; cpu, memory limit for container a',
    );
  });

  const refusals: [string, LimitRangeItem, KubeObject, string | undefined][] = [
    ['less than the least', { type: 'Container', min: { cpu: '100m' }, default: { cpu: '1' } }, pod(asked({ cpu: '50m' })),
      'minimum cpu usage per Container is 100m, but request is 50m'],
    ['as much as the least', { type: 'Container', min: { cpu: '100m' }, default: { cpu: '1' } }, pod(asked({ cpu: '0.1' })), undefined],
    ['no request', { type: 'Pod', min: { memory: '1Mi' } }, pod({}), 'minimum memory usage per Pod is 1Mi.  No request is specified'],
    ['no limit', { type: 'Pod', max: { memory: '1Mi' } }, pod({}), 'maximum memory usage per Pod is 1Mi.  No limit is specified'],
    ['more than the most', { type: 'Container', max: { cpu: '1' } }, pod(asked({ cpu: '1' }, { cpu: '2' })),
      'maximum cpu usage per Container is 1, but limit is 2'],
    ['several', { type: 'Container', max: { cpu: '1', memory: '1Mi' } }, pod(asked({}, { cpu: '2', memory: '2Mi' })),
      '[maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Mi, but limit is 2Mi]'],
    ['too wide a range', { type: 'Container', maxLimitRequestRatio: { cpu: '2' } }, pod(asked({ cpu: '1' }, { cpu: '3' })),
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000'],
    ['no range', { type: 'Container', maxLimitRequestRatio: { cpu: '2' } }, pod(asked({ cpu: '1' })),
      'cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0'],
    ['a sum', { type: 'Pod', max: { cpu: '2' } },
      pod(asked({}, { cpu: '1500m' }), { initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always', resources: asked({}, { cpu: '1' }) }] }),
      'maximum cpu usage per Pod is 2, but limit is 2500m'],
    ['an init container that asks most', { type: 'Pod', max: { cpu: '2' } },
      pod(asked({}, { cpu: '1' }), { initContainers: [{ name: 'i', image: 'i', resources: asked({}, { cpu: '3' }) }] }),
      'maximum cpu usage per Pod is 2, but limit is 3'],
    ['init containers after one another', { type: 'Pod', max: { cpu: '2' } },
      pod(asked({}, { cpu: '1' }), { initContainers: [1, 2].map((i) => ({ name: `i${i}`, image: 'i', resources: asked({}, { cpu: '2' }) })) }), undefined],
    ['a small claim', { type: 'PersistentVolumeClaim', min: { storage: '2Gi' } }, claim('1Gi'),
      'minimum storage usage per PersistentVolumeClaim is 2Gi, but request is 1Gi'],
    ['a large claim', { type: 'PersistentVolumeClaim', max: { storage: '2Gi' } }, claim('3Gi'),
      'maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi'],
    ['a claim of fitting size', { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } }, claim('2Gi'), undefined],
    ['what no item is about', { type: 'example.org/other', max: { cpu: '1' } }, pod(asked({}, { cpu: '2' })), undefined],
  ]; // prettier-ignore
  it.each(refusals)('looks at %s', (_title, item, object, problem) => {
    const resource = object.kind === 'Pod' ? 'pods' : 'persistentvolumeclaims';
    const result = admitCreate(builtIn(resource), object, admission({ state: namespaceWith(item) }));
    if (problem === undefined) valueOf(result);
    else {
      const { code, message } = rejectionOf(result);
      expect([code, message]).toEqual([403, `${resource} "${object.metadata.name}" is forbidden: ${problem}`]);
    }
  });

  it('does not multiply what two users wrote', () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`example.org/r${i}`, '1']));
    const containers = Array.from({ length: 2_000 }, (_, i) => ({ name: `c${i}`, image: 'x' }));
    const ctx = admission({ state: namespaceWith({ type: 'Container', default: many, defaultRequest: many }) });
    const result = admitCreate(builtIn('pods'), aPod({ containers }), ctx);
    expect(rejectionOf(result).message).toMatch(/is forbidden: the LimitRange range has too many amounts for it$/);
  });

  describe('of what is there', () => {
    const state = namespaceWith(
      { type: 'Container', max: { cpu: '1' } },
      { type: 'PersistentVolumeClaim', max: { storage: '2Gi' } },
    );
    const ctx = admission({ state });
    const before = stored(created('pods', pod(asked({ cpu: '500m' }, { cpu: '500m' })))) as StoredObject;
    const resized = pod(asked({ cpu: '500m' }, { cpu: '2' }));

    it('looks at a pod that is resized', () => {
      const { message } = rejectionOf(admitUpdate(builtIn('pods'), 'resize', before, resized, ctx));
      expect(message).toContain('maximum cpu usage per Container is 1, but limit is 2');
    });

    it('leaves other updates of a pod alone, also of one that asks for more', () => {
      const large = stored(created('pods', pod(asked({}, { cpu: '4' })))) as StoredObject;
      const labelled = { ...large, metadata: { ...large.metadata, labels: { a: 'b' } } };
      expect(valueOf(admitUpdate(builtIn('pods'), undefined, large, labelled, ctx)).metadata.labels).toEqual({
        a: 'b',
      });
    });

    it('looks at every write of a claim, until it is on its way out', () => {
      const had = stored(created('persistentvolumeclaims', claim('3Gi'))) as StoredObject;
      const labelled = (object: StoredObject) => ({ ...object, metadata: { ...object.metadata, labels: { a: 'b' } } });
      const update = (object: StoredObject) =>
        admitUpdate(builtIn('persistentvolumeclaims'), undefined, object, labelled(object), ctx);
      expect(rejectionOf(update(had)).code).toBe(403);
      const going = { ...had, metadata: { ...had.metadata, deletionTimestamp: '2024-01-01T00:00:00Z' } };
      valueOf(update(going));
    });
  });
});
