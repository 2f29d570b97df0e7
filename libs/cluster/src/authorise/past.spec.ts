import type { ResourceRequest } from '@shiplog/authorization';
import { create, cluster, type TestCluster } from '../decide/testing/given';
import { happenedSince, isMadeSince, readableSince } from '.';

const GROUP = 'rbac.authorization.k8s.io';

/** `ann` may read ConfigMaps in `default` and Services everywhere. */
function withRights(): TestCluster {
  const at = cluster();
  const subjects = [{ apiGroup: GROUP, kind: 'User', name: 'ann' }];
  const given = (resource: string, name: string, fields: Record<string, unknown>, namespace?: string): void =>
    void at.given(create(`${resource}.${GROUP}` as 'roles.rbac.authorization.k8s.io', name, fields, namespace));
  const rule = (resources: string) => [{ verbs: ['get', 'list'], apiGroups: [''], resources: [resources] }];
  given('clusterroles', 'maps', { rules: rule('configmaps') });
  given('clusterroles', 'services', { rules: rule('services') });
  given('rolebindings', 'b', { roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'maps' }, subjects }, 'default');
  given('clusterrolebindings', 'b', { roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'services' }, subjects });
  return at;
}

describe('since when the past may be read', () => {
  const { state } = withRights();
  const made = state.get('namespaces', '', 'default')?.metadata.creationTimestamp;
  const ann = { username: 'ann' };
  const asked = (resource: string, more: Partial<ResourceRequest> = {}): ResourceRequest => {
    return { user: ann, verb: 'list', group: '', resource, namespace: 'default', ...more };
  };

  it.each<[string, ResourceRequest, string | undefined]>([
    ['of a namespace, by rights to it alone', asked('configmaps'), made],
    ['of the namespace itself', asked('namespaces', { name: 'default' }), made],
    ['by rights to all namespaces', asked('services'), undefined],
    ['of all namespaces', asked('services', { namespace: '' }), undefined],
    ['by who may do everything', asked('secrets', { user: { groups: ['system:masters'] } }), undefined],
  ])('%s', (_, request, since) => {
    expect(made).toMatch(/^\d{4}-/);
    expect(readableSince(state, request)).toBe(since);
  });
});

describe('what was at a time or later', () => {
  it.each([
    ['2026-01-01T00:00:04.999Z', false],
    ['2026-01-01T00:00:05.000Z', true],
    ['2026-01-01T00:00:05.999Z', true],
    ['2026-01-01T00:01:00.000Z', true],
  ])('has happened at %s: %s', (time, is) => {
    expect(happenedSince({ time }, '2026-01-01T00:00:05Z')).toBe(is);
    expect(happenedSince({ time }, undefined)).toBe(true);
  });

  it.each([
    ['2026-01-01T00:00:04Z', false],
    ['2026-01-01T00:00:05Z', true],
  ])('was made at %s: %s', (creationTimestamp, is) => {
    const object = { metadata: { creationTimestamp } } as Parameters<typeof isMadeSince>[0];
    expect(isMadeSince(object, '2026-01-01T00:00:05Z')).toBe(is);
    expect(isMadeSince(object, undefined)).toBe(true);
  });
});
