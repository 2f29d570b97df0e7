import type { KubeObject } from '@shiplog/contracts';
import { Catalog } from '@shiplog/apimachinery';
import { servedApi } from '@shiplog/representation';
import { connectRequest, withConnectOptions } from './connect-options';
import type { Query } from './options';
import type { ResourceRequest } from './request';
import { parsePath, type ResourceTarget } from './request-info';

const requestFor = (path: string, query: Query = {}): ResourceRequest => ({
  target: parsePath(`/api/v1/namespaces/default/${path}`, servedApi(Catalog.builtIn)) as ResourceTarget,
  verb: 'create',
  query,
  user: { name: 'ann', uid: '', groups: [] },
  accept: undefined,
  contentType: undefined,
  body: undefined,
});
const flags = { stdin: false, stdout: true, stderr: false, tty: false };

it.each<[string, Query, object]>([
  ['pods/web/exec', { command: ['ls', '-l'], stdout: 'true', container: 'c' }, { kind: 'PodExecOptions', ...flags, container: 'c', command: ['ls', '-l'] }],
  ['pods/web/attach', { stdout: '1' }, { kind: 'PodAttachOptions', ...flags }],
  ['pods/web/portforward', { ports: ['80,81', 'x', '82'] }, { kind: 'PodPortForwardOptions', ports: [80, 81, 82] }],
  ['pods/https:web:8443/proxy/a/b', {}, { kind: 'PodProxyOptions', path: '/a/b' }],
  ['services/web/proxy', {}, { kind: 'ServiceProxyOptions', path: '' }],
])('a request for %s asks for options', (path, query, options) => {
  const request = connectRequest(requestFor(path, query));
  expect(request.options).toMatchObject({ apiVersion: 'v1', ...options });
  expect(request).toMatchObject({ namespace: 'default', name: path.split('/')[1], subresource: path.split('/')[2] });
}); // prettier-ignore

it('other options are asked for in place of its own, beside what no option is', () => {
  const query = { command: 'sh', stdin: '1', tty: '1', pretty: '1', container: 'c' };
  const changed = { apiVersion: 'v1', kind: 'PodExecOptions', command: ['ls', '-l'], stdout: true } as unknown as KubeObject;
  expect(withConnectOptions(requestFor('pods/web/exec', query), changed).query).toEqual({ command: ['ls', '-l'], stdout: 'true', pretty: '1' });
  const none = { apiVersion: 'v1', kind: 'PodExecOptions', command: null } as unknown as KubeObject;
  expect(withConnectOptions(requestFor('pods/web/exec', query), none).query).toEqual({ command: [], pretty: '1' });
}); // prettier-ignore

it.each([
  ['', ''], ['/', '/'], ['//', '/'], ['/a', '/a'], ['/a/', '/a/'], ['/a//', '/a/'], ['//a', '/a'], ['///a', '//a'],
  ['/%73ecret', '/secret'], ['/a%2Fb%20c', '/a/b c'], ['/a//b', '/a//b'],
])('of a path is shown what Kubernetes shows: %s', (path, shown) => {
  expect(connectRequest(requestFor(`pods/web/proxy${path}`)).options).toMatchObject({ path: shown });
}); // prettier-ignore

it('another path is proxied to, with the query that came', () => {
  const request = requestFor('services/web/proxy/a', { stdin: 'x' });
  const changed = { apiVersion: 'v1', kind: 'ServiceProxyOptions', path: '/b c/?\ud800' } as unknown as KubeObject;
  expect(withConnectOptions(request, changed)).toEqual({
    ...request,
    target: { ...request.target, proxied: '/b%20c/%3F%EF%BF%BD' },
  });
});
