import { create, cluster, createPod, patch } from './testing/given';

const LABEL = 'pod-security.kubernetes.io/warn';
const BAD = 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)';

describe('warnings of admission', () => {
  it('come with the answer, also of a dry run, and are in no event', () => {
    const at = cluster().given(patch('namespaces', 'default', { metadata: { labels: { [LABEL]: 'baseline' } } }));
    const asked = createPod('a', { hostPID: true });
    expect(at.when(asked).reply).toMatchObject({ ok: true, warnings: [BAD] });
    expect(JSON.stringify(at.log)).not.toContain('would violate');
    const dry = { ...createPod('b', { hostPID: true }) };
    Object.assign(dry.data, { dryRun: true });
    expect(at.when(dry).reply).toMatchObject({ ok: true, events: 0, warnings: [BAD] });
    expect(at.when(createPod('c')).reply).not.toHaveProperty('warnings');
  });

  it('are no more and no longer than anybody reads', () => {
    const at = cluster();
    for (let i = 0; i < 100; i++) at.given(createPod(`p-${i}`, { ...spec(i), hostPID: i % 2 === 0 }));
    const label = { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } };
    const { reply } = at.when(patch('namespaces', 'default', label));
    expect(reply.ok && reply.warnings?.slice(0, 2)).toEqual([
      'existing pods in namespace "default" violate the new PodSecurity enforce level "restricted:latest"',
      expect.stringMatching(/^p-0 \(and 49 other pods\): host namespaces, allowPrivilegeEscalation != false/),
    ]);
    const many = { containers: Array.from({ length: 2_000 }, (_, i) => ({ name: `c-${i}`, image: 'x' })) };
    at.given(create('namespaces', 'told', { metadata: { labels: { [LABEL]: 'restricted' } } }));
    const told = at.when(create('pods', 'x', { spec: many }, 'told')).reply;
    expect(told.ok && told.warnings?.map(({ length }) => length)).toEqual([4_096]);
  });
});

const spec = (i: number) => ({ containers: [{ name: `c${i}`, image: 'x' }] });
