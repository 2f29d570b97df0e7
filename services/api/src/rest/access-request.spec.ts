import { Catalog } from '@shiplog/apimachinery';
import { servedApi } from '@shiplog/representation';
import { pathAccess, resourceAccess } from './access-request';
import { parsePath, verbOf, type ResourceTarget } from './request-info';

const user = { username: 'ann' };

describe('what a request wants', () => {
  const api = servedApi(Catalog.builtIn);
  const of = (method: string, path: string, query: Record<string, string> = {}) => {
    const target = parsePath(path, api) as ResourceTarget;
    const { user: _user, ...wanted } = resourceAccess(user, verbOf(method, target, false)!, target, query);
    return wanted;
  };

  it.each([
    [
      'GET',
      '/api/v1/namespaces/web/pods',
      {},
      { verb: 'list', group: '', resource: 'pods', namespace: 'web', name: '' },
    ],
    ['GET', '/api/v1/namespaces/web/pods/p/log', {}, { verb: 'get', resource: 'pods', subresource: 'log', name: 'p' }],
    [
      'PUT',
      '/apis/apps/v1/namespaces/web/deployments/d/scale',
      {},
      { verb: 'update', group: 'apps', subresource: 'scale' },
    ],
    ['GET', '/api/v1/namespaces/web', {}, { verb: 'get', resource: 'namespaces', namespace: 'web', name: 'web' }],
    [
      'PUT',
      '/api/v1/namespaces/web/finalize',
      {},
      { resource: 'namespaces', subresource: 'finalize', namespace: 'web' },
    ],
    ['GET', '/api/v1/namespaces', {}, { verb: 'list', namespace: '', name: '' }],
    ['GET', '/api/v1/pods', { fieldSelector: 'a=b,metadata.name=p' }, { verb: 'list', name: 'p' }],
    ['GET', '/api/v1/pods', { fieldSelector: 'metadata.name==p' }, { name: 'p' }],
    ['GET', '/api/v1/pods', { fieldSelector: 'metadata.name!=p' }, { name: '' }],
    ['GET', '/api/v1/pods', { fieldSelector: 'x.metadata.name=p' }, { name: '' }],
    [
      'DELETE',
      '/api/v1/namespaces/web/pods',
      { fieldSelector: 'metadata.name=p' },
      { verb: 'deletecollection', name: 'p' },
    ],
  ])('by %s %s %j', (method, path, query, wanted) => {
    expect(of(method, path, query as Record<string, string>)).toMatchObject(wanted);
  });
});

describe('what a request elsewhere wants', () => {
  it.each([
    [
      'GET',
      '/apis/metrics.k8s.io/v1beta1/nodes',
      {},
      { verb: 'list', group: 'metrics.k8s.io', resource: 'nodes', name: '' },
    ],
    [
      'GET',
      '/apis/a.b/v1/namespaces/web/robots/r/arm',
      {},
      { verb: 'get', resource: 'robots', subresource: 'arm', namespace: 'web', name: 'r' },
    ],
    ['GET', '/apis/a.b/v1/namespaces/web/robots', { watch: '1' }, { verb: 'watch', namespace: 'web' }],
    ['DELETE', '/apis/a.b/v1//robots', {}, { verb: 'deletecollection', resource: 'robots' }],
    ['PATCH', '/apis/a.b/v1/namespaces/web/rob%6Fts/r', {}, { verb: 'patch', resource: 'robots', name: 'r' }],
    [
      'GET',
      '/api/v1/namespaces/web/pods/p/exec',
      {},
      { verb: 'get', group: '', resource: 'pods', subresource: 'exec', namespace: 'web' },
    ],
    ['GET', '/apis/a.b', {}, { verb: 'get', path: '/apis/a.b' }],
    ['POST', '/metrics', {}, { verb: 'post', path: '/metrics' }],
    ['GET', '/%', {}, { verb: 'get', path: '/%' }],
  ])('by %s %s %j', (method, path, query, wanted) => {
    expect(pathAccess(user, method, path, query as Record<string, string>)).toMatchObject(wanted);
  });
});
