import { staticPodOf, type StaticPod } from './static-pod';

const SOURCE = { nodeName: 'node-a', file: '/manifests/web.yaml', now: '2026-01-01T00:00:00Z' };
const MANIFEST = `
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  priorityClassName: mine
  containers:
  - {name: c, image: "app:1"}
`;
const taken = (text: string, source = SOURCE): StaticPod => {
  const found = staticPodOf(text, source);
  if (typeof found === 'string') throw new Error(found);
  return found;
};
const problem = (text: string) => staticPodOf(text, SOURCE);

describe('the pod of a manifest', () => {
  it('is of its node, by its name and its annotations, and is as complete as one of the API', () => {
    const { pod, mirror } = taken(MANIFEST);
    const { uid } = pod.metadata;
    expect(pod.metadata).toMatchObject({ name: 'web-node-a', namespace: 'default', labels: { app: 'web' } });
    expect(mirror.metadata).toEqual({
      name: 'web-node-a',
      namespace: 'default',
      labels: { app: 'web' },
      annotations: {
        'kubernetes.io/config.hash': uid,
        'kubernetes.io/config.mirror': uid,
        'kubernetes.io/config.seen': SOURCE.now,
        'kubernetes.io/config.source': 'file',
      },
    });
    expect(pod.spec).toMatchObject({
      nodeName: 'node-a',
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      priorityClassName: 'mine',
      tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
      containers: [{ imagePullPolicy: 'IfNotPresent' }],
    });
    expect(pod.spec?.serviceAccountName).toBeUndefined();
  });

  it('is another one when anything of it is changed, and on another node', () => {
    const uid = (text: string, source = SOURCE) => taken(text, source).pod.metadata.uid;
    expect(uid(MANIFEST)).toMatch(/^[0-9a-f]{32}$/);
    expect(uid(MANIFEST, { ...SOURCE, now: '2026-02-02T00:00:00Z' })).toBe(uid(MANIFEST));
    expect(uid(MANIFEST.replace('app:1', 'app:2'))).not.toBe(uid(MANIFEST));
    expect(uid(MANIFEST, { ...SOURCE, nodeName: 'node-b' })).not.toBe(uid(MANIFEST));
  });

  it('may be JSON', () => {
    const metadata = { name: 'web', namespace: 'kube-system' };
    const spec = { containers: [{ name: 'c', image: 'app:1' }] };
    expect(taken(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec })).pod.metadata.namespace).toBe(
      'kube-system',
    );
  });

  it.each([
    ['', 'it is no Pod of v1'],
    ['a: [', "it can't be read: "],
    ['{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}}', 'it is no Pod of v1'],
    ['{"apiVersion":"v1","kind":"Pod","spec":{}}', 'metadata.name is missing'],
    ['{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":[]}', 'spec is missing'],
    [
      MANIFEST.replace('name: c', 'name: NOT A NAME'),
      'Pod "web-node-a" is invalid: spec.containers[0].name: Invalid value',
    ],
    [MANIFEST.replace('{name: c, image: "app:1"}', '7'), 'Pod'],
    [`${MANIFEST}  - {name: d, image: x, envFrom: [{secretRef: {name: s}}]}`, ''],
    [`${MANIFEST}  serviceAccountName: mine`, 'service account'],
    [`${MANIFEST}---${MANIFEST}`, "it can't be read: "],
    [`${MANIFEST}  volumes: [{name: v, configMap: {name: m}}]`, 'static pods may not reference configmaps'],
    [
      `${MANIFEST}  volumes: [{name: v, persistentVolumeClaim: {claimName: m}}]`,
      'static pods may not reference persistentvolumeclaims',
    ],
    [aliases(40), "it can't be read: "],
  ])('is none of %#', (text, sentence) => {
    const found = problem(text);
    expect(typeof found).toBe('string');
    expect(found).toContain(sentence);
  });
});

/** As small as it looks, and larger than any memory when it is written out. */
function aliases(depth: number): string {
  const lines = Array.from({ length: depth }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`);
  return ['a0: &a0 [x]', ...lines].join('\n');
}
