import type { KubeObject } from '@shiplog/contracts';
import { DEFAULT_RIGHTS, lostOf } from './default-rights';

const named = (name: string, kind: string): KubeObject => {
  const found = DEFAULT_RIGHTS.find(({ object }) => object.metadata.name === name && object.kind === kind);
  return structuredClone(found!.object);
};

describe('a default role or binding that is there already', () => {
  const expected = named('system:basic-user', 'ClusterRole');
  const lost = (change: (there: KubeObject) => void, from = expected): object | undefined => {
    const there = structuredClone(from);
    change(there);
    return lostOf(there, { object: from });
  };

  it('lacks nothing as it was made', () => {
    for (const right of DEFAULT_RIGHTS) expect(lostOf(right.object, right)).toBeUndefined();
  });

  it('gets back the rules that it has lost, and keeps those that it was given', () => {
    const own = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
    const [, second] = expected['rules'] as object[];
    expect(lost((there) => (there['rules'] = [own, second]))).toEqual({
      rules: [
        own,
        second,
        ...['selfsubjectaccessreviews', 'selfsubjectrulesreviews'].map((resource) => ({
          verbs: ['create'],
          apiGroups: ['authorization.k8s.io'],
          resources: [resource],
        })),
      ],
    });
  });

  it('is left alone when it says so', () => {
    const alone = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
    expect(
      lost((there) => Object.assign(there, { rules: [], metadata: { ...there.metadata, annotations: alone } })),
    ).toBe(undefined);
  });

  it('gets back its subjects and labels; what is put together of others has no rules to lose', () => {
    const binding = named('system:public-info-viewer', 'ClusterRoleBinding');
    const [first, second] = binding['subjects'] as object[];
    expect(lost((there) => (there['subjects'] = [second]), binding)).toEqual({ subjects: [second, first] });
    expect(lost((there) => (there.metadata.labels = { mine: 'x' }))).toEqual({
      metadata: { labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } },
    });
    expect(lost((there) => (there['rules'] = [{ verbs: ['get'] }]), named('view', 'ClusterRole'))).toBeUndefined();
  });
});
