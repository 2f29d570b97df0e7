import { Catalog } from '@shiplog/apimachinery';
import { servedApi } from '@shiplog/representation';
import { parsePath, verbOf, type ResourceTarget } from './request-info';

/** A resource path in short: `plural namespace/name subresource`. */
function short(path: string): string {
  const target = parsePath(path, servedApi(Catalog.builtIn));
  if (target.area !== 'resource') return target.area;
  const { resource, namespace, name, subresource } = target;
  return [resource.plural, `${namespace}/${name ?? '*'}`, subresource?.name]
    .filter((part) => part !== undefined)
    .join(' ');
}

describe('parsePath', () => {
  it.each([
    ['/api/v1/namespaces/pods/pods/https:web:80/proxy', 'pods pods/https:web:80 proxy', ''],
    ['/api/v1/namespaces/a/services/web/proxy/', 'services a/web proxy', '/'],
    ['/api/v1/nodes/n/proxy/a%2Fb//c/', 'nodes /n proxy', '/a%2Fb//c/'],
  ])('keeps what stands behind a proxy: %s', (path, expected, proxied) => {
    expect([short(path), parsePath(path, servedApi(Catalog.builtIn))]).toMatchObject([expected, { proxied }]);
  });

  it.each([
    ['/api/v1/pods', 'pods /*'],
    ['/api/v1/namespaces/default/pods', 'pods default/*'],
    ['/api/v1/namespaces/default/pods/web', 'pods default/web'],
    ['/api/v1/namespaces/default/pods/web/log', 'pods default/web log'],
    ['/api/v1/namespaces/default/replicationcontrollers/web/scale', 'replicationcontrollers default/web scale'],
    ['/api/v1/namespaces', 'namespaces /*'],
    ['/api/v1/namespaces/default', 'namespaces /default'],
    ['/api/v1/namespaces/default/status', 'namespaces /default status'],
    ['/api/v1/namespaces/default/finalize', 'namespaces /default finalize'],
    ['/api/v1/nodes/n1/status', 'nodes /n1 status'],
    ['/api/v1/namespaces/default/bindings', 'bindings default/*'],
    ['/apis/discovery.k8s.io/v1/namespaces/a/endpointslices/b', 'endpointslices a/b'],
    ['/apis/coordination.k8s.io/v1/leases', 'leases /*'],
    ['/api/v1/watch/namespaces/default/pods', 'pods default/*'],
    ['/api/v1/namespaces/default/configmaps/a%2Eb', 'configmaps default/a.b'],
    ['/api/v1/namespaces/default/pods/', 'pods default/*'],
  ])('reads %s', (path, expected) => {
    expect(short(path)).toBe(expected);
  });

  it.each([
    '/api/v2/pods',
    '/api/v1/deployments',
    '/apis/extensions/v1beta1/deployments',
    '/api/v1/pods/web',
    '/api/v1/namespaces/default/nodes',
    '/api/v1/namespaces/default/pods/web/exec/more',
    '/api/v1/namespaces/default/pods/web/unknown',
    '/apis/coordination.k8s.io/v2',
  ])('finds nothing at %s', (path) => {
    expect(short(path)).toBe('nowhere');
  });

  it('knows the discovery paths', () => {
    const areas = ['/api', '/apis', '/apis/discovery.k8s.io', '/api/v1', '/apis/coordination.k8s.io/v1'].map(short);
    expect(areas).toEqual(['core', 'groups', 'group', 'version', 'version']);
    expect(short('/healthz')).toBe('other');
  });

  it('does not take a path that is not properly encoded', () => {
    expect(() => parsePath('/api/v1/namespaces/default/pods/%E0%A4', servedApi(Catalog.builtIn))).toThrow(URIError);
  });
});

describe('verbOf', () => {
  const verb = (method: string, path: string, watching = false): string | undefined =>
    verbOf(method, parsePath(path, servedApi(Catalog.builtIn)) as ResourceTarget, watching);
  const item = '/api/v1/namespaces/default/pods/web';
  const all = '/api/v1/namespaces/default/pods';

  it('is what the method means there', () => {
    expect([verb('GET', item), verb('GET', all), verb('GET', all, true), verb('GET', item, true)]).toEqual([
      'get',
      'list',
      'watch',
      'watch',
    ]);
    expect([verb('POST', all), verb('PUT', item), verb('PATCH', item)]).toEqual(['create', 'update', 'patch']);
    expect([verb('DELETE', item), verb('DELETE', all)]).toEqual(['delete', 'deletecollection']);
    expect(verb('GET', '/api/v1/watch/pods')).toBe('watch');
  });

  it.each([
    ['POST', item],
    ['PUT', all],
    ['POST', '/api/v1/pods'],
    ['DELETE', '/api/v1/pods'],
    ['DELETE', '/api/v1/namespaces'],
    ['GET', '/api/v1/namespaces/default/bindings'],
    ['PUT', `${item}/log`],
    ['GET', '/api/v1/namespaces/default/finalize'],
    ['OPTIONS', all],
  ])('is nothing for %s %s', (method, path) => {
    expect(verb(method, path)).toBeUndefined();
  });
});
