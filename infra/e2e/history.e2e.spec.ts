import { HistoryQuery, type KubeObject, type LogEvent, type Pod } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { TestCluster } from './support/cluster';
import { decideAgain, rebuildAndCompare } from './support/rebuild';

describe('the past of a cluster', () => {
  const cluster = new TestCluster();
  afterAll(() => cluster.close());

  it('is read with resourceVersion and Exact, before a delete, through kubectl', async () => {
    await cluster.inNamespace('past', async (namespace) => {
      const create = (name: string) =>
        cluster.api.post<KubeObject>(`/api/v1/namespaces/${namespace}/configmaps`, configMap(name));
      await create('first');
      const second = await create('second');
      await cluster.kubectl('-n', namespace, 'delete', 'configmap', 'first');
      const at = second.metadata.resourceVersion;
      const path = `/api/v1/namespaces/${namespace}/configmaps?resourceVersion=${at}&resourceVersionMatch=Exact`;
      const past = JSON.parse(await cluster.kubectl('get', '--raw', path)) as {
        items: Pod[];
        metadata: { resourceVersion: string };
      };
      const names = past.items.map((item) => item.metadata?.name).filter((name) => name !== 'kube-root-ca.crt');
      expect(names).toEqual(['first', 'second']);
      expect(past.metadata.resourceVersion).toBe(at);
      expect(await cluster.kubectl('-n', namespace, 'get', 'configmaps', '-o', 'name')).not.toContain('first');
    });
  });

  it('tells why each thing happened that a kubelet saw: the binding, the end before, the request to go', async () => {
    const bus = await cluster.bus();
    await cluster.inNamespace('reasons', async (namespace) => {
      const pods = `/api/v1/namespaces/${namespace}/pods`;
      const { metadata } = await cluster.api.post<KubeObject>(pods, podThatEnds('p'));
      const key = { resource: 'pods', namespace, name: 'p' } as const;
      await eventually(async () => restartsOf(await cluster.api.get<Pod>(`${pods}/p`)) > 0, { timeoutMs: 60_000 });
      await cluster.api.call('DELETE', `${pods}/p`);
      const events = await eventually(
        async () => {
          const told = (await bus.ask(HistoryQuery, { key, limit: 100 })).events.filter(
            ({ uid }) => uid === metadata.uid,
          );
          return told.some(({ fact }) => fact === 'Deleted') ? told : undefined;
        },
        { timeoutMs: 60_000 },
      );
      const at = new Map(events.map((event) => [event.position, event]));
      const causeOf = ({ cause = 0 }: LogEvent): string | undefined => at.get(cause)?.fact;
      const causesOf = (fact: string) =>
        events
          .filter((event) => event.fact === fact)
          .map(causeOf)
          .reverse();
      expect(causesOf('ContainerStarted').slice(0, 2)).toEqual(['Scheduled', 'ContainerExited']);
      expect(causesOf('ContainerExited')[0]).toBe('ContainerStarted');
      expect(causesOf('Deleted')).toEqual(['DeletionRequested']);
      const kubelets = events.filter(({ actor }) => actor.startsWith('system:node:'));
      expect(kubelets.filter((event) => causeOf(event) === undefined)).toEqual([]);
    });
  });

  it('is rebuilt from position 0 to the state that the journal has', async () => {
    const said = await rebuildAndCompare(cluster);
    expect(said).toMatch(/events\/s/);
    expect(said).toMatch(/equal|same/);
  });

  it('has every decision of the controllers made again, and each comes to what it came to', async () => {
    const said = await decideAgain(cluster);
    expect(said).toMatch(/equal {7}\d+ decisions in /);
    expect(said).not.toMatch(/DIFFERENT|unknown/);
  });
});

function configMap(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } };
}

/** Its container ends a moment after it began, and is started again. */
function podThatEnds(name: string): object {
  const container = { name: 'main', image: 'busybox:1.36', command: ['sh', '-c', 'sleep 3; exit 3'] };
  const spec = { terminationGracePeriodSeconds: 1, containers: [container] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
}

function restartsOf(pod: Pod): number {
  return pod.status?.containerStatuses?.[0]?.restartCount ?? 0;
}
