import type { CommandData, ResourceQuota } from '@shiplog/contracts';
import { QuotaLedger, usageOf, usedOf } from '@shiplog/admission';
import fc from 'fast-check';
import { bind, cluster, create, createPod, patch, refTo, remove, type Asked, type TestCluster } from './testing/given';

const quota = (hard: object, name = 'q'): Asked => create('resourcequotas', name, { spec: { hard } });
const asking = (cpu: string) => ({
  containers: [{ name: 'web', image: 'web:1', resources: { requests: { cpu } } }],
});
const statusOf = (at: TestCluster, name = 'q') =>
  (at.get('resourcequotas', 'default', name) as ResourceQuota | undefined)?.status;

function report(at: TestCluster, name: string, phase: string): Asked {
  const data: CommandData['ReportPods'] = { node: 'n1', pods: [{ ...refTo(at, name), status: { phase } }] };
  return { type: 'ReportPods', data };
}

describe('what quotas say is used', () => {
  it('is there from the beginning, of what is there already', () => {
    const at = cluster().given(createPod('a', asking('500m')));
    const { types } = at.when(quota({ cpu: '2', pods: '5', resourcequotas: '3' }));
    expect(types).toEqual(['resourcequotas.Created']);
    expect(statusOf(at)).toEqual({
      hard: { cpu: '2', pods: '5', resourcequotas: '3' },
      used: { cpu: '500m', pods: '1', resourcequotas: '1' },
    });
  });

  it('changes in the commit of what uses it, whose own event is the last', () => {
    const at = cluster()
      .given(quota({ cpu: '2' }))
      .given(quota({ pods: '5' }, 'other'))
      .given(quota({ secrets: '5' }, 'third'));
    const { types, reply } = at.when(createPod('a', asking('1')));
    expect(types).toEqual(['resourcequotas.UsageChanged', 'resourcequotas.UsageChanged', 'pods.Created']);
    expect(reply).toMatchObject({ ok: true, position: at.log.length });
    expect([statusOf(at)?.used, statusOf(at, 'other')?.used]).toEqual([{ cpu: '1' }, { pods: '1' }]);
    expect(at.get('pods', 'default', 'a')?.metadata.resourceVersion).toBe(String(at.log.length));
  });

  it('is given back by what goes', () => {
    const at = cluster()
      .given(quota({ cpu: '2' }))
      .given(createPod('a', asking('1')));
    expect(at.when(remove('pods', 'a')).types).toEqual(['resourcequotas.UsageChanged', 'pods.Deleted']);
    expect(statusOf(at)?.used).toEqual({ cpu: '0' });
  });

  it('is given back by pods that end, all but their places', () => {
    const at = cluster('n1')
      .given(quota({ cpu: '2', 'count/pods': '9' }))
      .given(createPod('a', asking('1')));
    at.given(bind(at, 'a', 'n1')).given(report(at, 'a', 'Running'));
    expect(statusOf(at)?.used).toEqual({ cpu: '1', 'count/pods': '1' });
    const { types, reply } = at.when(report(at, 'a', 'Succeeded'));
    expect(types).toEqual(['pods.Succeeded', 'resourcequotas.UsageChanged']);
    expect(reply).toMatchObject({ results: [{ ok: true, position: at.log.length - 1 }] });
    expect(statusOf(at)?.used).toEqual({ cpu: '0', 'count/pods': '1' });
  });

  it('is given back by all that a collection loses, in one event', () => {
    const at = cluster().given(quota({ configmaps: '9' }));
    for (const name of ['a', 'b', 'c']) at.given(create('configmaps', name));
    const { types } = at.when({ type: 'DeleteCollection', data: { resource: 'configmaps', namespace: 'default' } });
    expect(types).toEqual([...Array<string>(3).fill('configmaps.Deleted'), 'resourcequotas.UsageChanged']);
    expect(statusOf(at)?.used).toEqual({ configmaps: '0' });
  });

  it('follows the spec', () => {
    const at = cluster()
      .given(quota({ cpu: '2' }))
      .given(createPod('a', asking('1')));
    at.given(patch('resourcequotas', 'q', { spec: { hard: { cpu: null, pods: '1', 'example.org/unknown': '1' } } }));
    expect(statusOf(at)).toEqual({ hard: { pods: '1', 'example.org/unknown': '1' }, used: { pods: '1' } });
  });

  it('stays true whatever is written into it', () => {
    const at = cluster()
      .given(quota({ pods: '2' }))
      .given(createPod('a'));
    at.given(patch('resourcequotas', 'q', { status: { used: { pods: '0' } } }, 'status'));
    expect(statusOf(at)?.used).toEqual({ pods: '1' });
  });

  it('costs nothing where there is none', () => {
    const at = cluster()
      .given(create('namespaces', 'other'))
      .given(create('resourcequotas', 'q', { spec: { hard: { pods: '1' } } }, 'other'));
    expect(at.when(createPod('a')).types).toEqual(['pods.Created']);
  });

  it("is nobody's when all of a dry run", () => {
    const at = cluster().given(quota({ pods: '1' }));
    const asked = createPod('a') as Extract<Asked, { type: 'CreateObject' }>;
    const tried: Asked = { ...asked, data: { ...asked.data, dryRun: true } };
    expect(at.when(tried).types).toEqual([]);
    at.given(createPod('a'));
    expect(
      at.when({ ...tried, data: { ...tried.data, object: { ...tried.data.object, metadata: { name: 'b' } } } })
        .rejection?.code,
    ).toBe(403);
  });

  it('is the sum of what there is, whatever happens', () => {
    const hard = { cpu: '6', pods: '4', 'count/pods': '9', configmaps: '3', resourcequotas: '2' };
    const commands = fc.constantFrom('create', 'delete', 'end', 'map', 'unmap', 'narrow', 'another', 'without');
    fc.assert(
      fc.property(fc.array(fc.tuple(commands, fc.integer({ min: 0, max: 4 })), { maxLength: 40 }), (steps) => {
        const at = cluster('n1').given(quota(hard));
        for (const [step, i] of steps) {
          at.when(askedBy(at, step, i));
          expectTruth(at);
        }
      }),
      { numRuns: 60 },
    );
  });
});

function askedBy(at: TestCluster, step: string, i: number): Asked {
  switch (step) {
    case 'create':
      return createPod(`p${i}`, { ...asking(`${i}`), nodeName: 'n1' });
    case 'delete':
      return remove('pods', `p${i}`, { gracePeriodSeconds: 0 });
    case 'end':
      return report(at, `p${i}`, i % 2 === 0 ? 'Failed' : 'Succeeded');
    case 'map':
      return create('configmaps', `m${i}`);
    case 'unmap':
      return { type: 'DeleteCollection', data: { resource: 'configmaps', namespace: 'default' } };
    case 'narrow':
      return patch('resourcequotas', 'q', { spec: { hard: { pods: String(i) } } });
    case 'another':
      return create('resourcequotas', 'q2', { spec: { hard: { cpu: String(i) }, scopes: ['NotTerminating'] } });
    default:
      return remove('resourcequotas', 'q2');
  }
}

function expectTruth(at: TestCluster): void {
  const counted = new QuotaLedger();
  for (const resource of at.state.resources()) {
    for (const object of at.state.list(resource, 'default')) counted.replace(undefined, usageOf(resource, object));
  }
  for (const { spec = {}, status } of at.state.list('resourcequotas', 'default')) {
    expect(status).toEqual({ hard: spec.hard, used: usedOf(spec, counted) });
  }
}
