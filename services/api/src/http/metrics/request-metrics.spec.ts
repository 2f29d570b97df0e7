import { Catalog } from '@shiplog/apimachinery';
import { builtIn } from '@shiplog/contracts';
import { servedApi } from '@shiplog/representation';
import { parsePath, verbOf, type ResourceTarget } from '../../rest/request-info';
import { RequestMetrics } from './request-metrics';
import { durations, longRunning, requestCounts, sizes } from './samples';

const crontabs = { ...builtIn('configmaps'), id: 'crontabs.example.com', plural: 'crontabs', group: 'example.com' };
const withCrontabs = servedApi(
  Catalog.builtIn.with({ ...crontabs, versions: [{ ...crontabs.versions[0], group: 'example.com' }] }),
);

describe('RequestMetrics', () => {
  let metrics: RequestMetrics;
  beforeEach(() => (metrics = new RequestMetrics()));

  function asked(method: string, url: string, headers: Record<string, string> = {}): ReturnType<RequestMetrics['of']> {
    const { pathname: path, searchParams } = new URL(url, 'http://x');
    const query = Object.fromEntries(searchParams);
    const target = parsePath(path, withCrontabs);
    const verb = target.area === 'resource' ? verbOf(method, target as ResourceTarget, 'watch' in query) : undefined;
    return metrics.of(target, verb, { method, path, query, headers });
  }

  it.each([
    ['GET', '/api/v1/pods', { verb: 'LIST', scope: 'cluster', resource: 'pods', version: 'v1', group: '' }],
    ['GET', '/api/v1/namespaces/a/pods', { verb: 'LIST', scope: 'namespace' }],
    ['GET', '/api/v1/namespaces/a/pods/b', { verb: 'GET', scope: 'resource' }],
    ['GET', '/api/v1/namespaces/a/pods/b/log', { verb: 'GET', subresource: 'log' }],
    ['GET', '/api/v1/pods?watch=1', { verb: 'WATCH', scope: 'cluster' }],
    ['POST', '/api/v1/namespaces/a/pods?dryRun=All', { verb: 'POST', scope: 'resource', dry_run: 'All' }],
    ['PUT', '/api/v1/namespaces/a/pods/b/status', { verb: 'PUT', subresource: 'status' }],
    ['DELETE', '/api/v1/namespaces/a/pods', { verb: 'DELETECOLLECTION', scope: 'namespace' }],
    ['GET', '/healthz', { verb: 'GET', subresource: '/healthz', resource: '' }],
    ['GET', '/some/path', { verb: 'GET', subresource: '', scope: '' }],
    ['NONSENSE', '/some/path', { verb: 'OTHER' }],
  ])('%s %s', (method, url, labels) => {
    expect(asked(method, url).labels).toMatchObject(labels);
  });

  it('tells server-side apply from other patches', () => {
    const apply = { 'content-type': 'application/apply-patch+yaml' };
    expect(asked('PATCH', '/api/v1/namespaces/a/pods/b', apply).labels.verb).toBe('APPLY');
    expect(asked('PATCH', '/api/v1/namespaces/a/pods/b').labels.verb).toBe('PATCH');
  });

  it('has one series for all names and paths', () => {
    for (let i = 0; i < 100; i++) {
      asked('GET', `/api/v1/namespaces/a/pods/${i}`);
      asked('GET', `/nowhere/${i}`);
    }
    expect([...metrics.series]).toHaveLength(2);
  });

  it('counts codes, durations and sizes', () => {
    const series = asked('GET', '/api/v1/pods');
    series.ended(200, 0.003, 500);
    series.ended(200, 0.03, 5_000);
    series.ended(404, 100, 50);
    const counts = requestCounts(metrics.series).map(({ labels, value }) => [labels['code'], value]);
    expect(counts).toEqual([
      [200, 2],
      [404, 1],
    ]);
    const lines = durations('seconds', metrics.series);
    const upTo = (le: number | string) => lines.find(({ labels }) => labels['le'] === le)?.value;
    expect([0.005, 0.025, 0.05, 60, '+Inf'].map(upTo)).toEqual([1, 1, 2, 2, 3]);
    expect(lines.slice(-2)).toMatchObject([
      { metricName: 'seconds_sum', value: 100.033 },
      { metricName: 'seconds_count', value: 3 },
    ]);
    expect(sizes('bytes', metrics.series).at(-2)).toMatchObject({ metricName: 'bytes_sum', value: 5_550 });
    expect(longRunning(metrics.series)).toEqual([]);
  });

  it('forgets a resource that is gone, and goes on counting one that was only changed', () => {
    asked('GET', '/apis/example.com/v1/crontabs').ended(200, 0, 0);
    metrics.prune(withCrontabs);
    expect([...metrics.series]).toHaveLength(1);
    metrics.prune(servedApi(Catalog.builtIn));
    expect([...metrics.series]).toHaveLength(0);
  });
});
