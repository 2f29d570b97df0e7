import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { Rig, TOKEN, type HttpAnswer } from './testing/rig';
import { configMap } from './testing/steps';

const WEB = '/api/v1/namespaces/web';
const OTHER = '/api/v1/namespaces/default';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

let rig: Rig;
/** Where the log stood when nobody had any right yet. */
let past = '';

beforeAll(async () => {
  rig = await Rig.start();
  appendFileSync(join(rig.directory, 'tokens.csv'), 'r-token,vera,7,"readers"\nn-token,nina\na-token,ada,9\n');
  await eventually(async () => (await rig.http('GET', '/readyz')).code === 200);
  await rig.kubectl('create namespace web');
  for (const namespace of ['web', 'default']) {
    await rig.kubectl(`create configmap here -n ${namespace} --from-literal=a=b`);
    await rig.kubectl(`create secret generic s -n ${namespace} --from-literal=a=b`);
  }
  await rig.kubectl('create namespace again');
  await rig.kubectl('create configmap before -n again --from-literal=a=b');
  past = String((JSON.parse((await rig.http('GET', `${WEB}/configmaps`)).body) as List).metadata.resourceVersion);
  await rig.kubectl('create rolebinding readers -n web --clusterrole=view --group=readers');
  await rig.kubectl('create rolebinding ada -n web --clusterrole=admin --user=ada');
  await eventually(async () => (await as('n-token', 'GET', '/apis')).code === 200);
  await eventually(async () => (await as('r-token', 'GET', `${WEB}/configmaps`)).code === 200);
});
afterAll(async () => {
  await rig?.stop();
});

interface List {
  readonly metadata: { readonly resourceVersion: string };
}

type Headers = Record<string, string>;

function as(token: string, method: string, path: string, body?: unknown, headers: Headers = {}): Promise<HttpAnswer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return rig.http(method, path, text, { authorization: `Bearer ${token}`, 'content-type': type, ...headers });
}

const ADMIN = { authorization: `Bearer ${TOKEN}` };

const messageOf = ({ body }: HttpAnswer): string => (JSON.parse(body) as { message: string }).message;
const bindingTo = (kind: string, name: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'trick' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'vera' }],
});
const podIn = (namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace },
  spec: { containers: [{ name: 'c', image: 'i' }] },
});

describe('a node', () => {
  const node = (name: string) => ({ 'impersonate-user': `system:node:${name}`, 'impersonate-group': 'system:nodes' });
  const read = (path: string, name = 'n1'): Promise<HttpAnswer> =>
    rig.http('GET', path, undefined, { ...ADMIN, ...node(name) });
  beforeAll(async () => {
    for (const name of ['n1', 'n2']) {
      await rig.http('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } });
    }
    const volumes = [{ name: 's', secret: { secretName: 's' } }];
    const pod = podIn('default');
    await rig.http('POST', `${OTHER}/pods`, { ...pod, metadata: { name: 'bound' }, spec: { ...pod.spec, volumes } });
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'bound' },
      target: { kind: 'Node', name: 'n1' },
    };
    expect((await rig.http('POST', `${OTHER}/pods/bound/binding`, binding)).code).toBe(201);
  });

  it.each([
    `${OTHER}/secrets/s`,
    `${OTHER}/secrets?fieldSelector=metadata.name=s`,
    `${OTHER}/pods/bound`,
    '/api/v1/pods?fieldSelector=spec.nodeName=n1',
    '/api/v1/nodes/n1',
    '/api/v1/services',
  ])('reads %s', async (path) => {
    expect((await read(path)).code).toBe(200);
  });

  it.each([
    [`${WEB}/secrets/s`, "no relationship found between node 'n1' and this object"],
    [`${OTHER}/secrets`, 'No Object name found'],
    [`${OTHER}/secrets?fieldSelector=metadata.name!=x`, 'No Object name found'],
    ['/api/v1/secrets', 'can only read namespaced object of this type'],
    [`${OTHER}/configmaps/here`, "no relationship found between node 'n1' and this object"],
    ['/api/v1/pods', 'can only list/watch pods with spec.nodeName field selector'],
    [
      '/api/v1/pods?watch=1&fieldSelector=spec.nodeName=n2',
      'can only list/watch pods with spec.nodeName field selector',
    ],
    ['/api/v1/nodes/n2', "node 'n1' cannot read 'n2', only its own Node object"],
  ])('but not %s', async (path, reason) => {
    const answer = await read(path);
    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining(`: ${reason}`)]);
  });

  it('writes nothing by this door, and is nobody else', async () => {
    const other = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n3' } };
    const headers = { ...ADMIN, ...node('n1'), 'content-type': 'application/json' };
    expect((await rig.http('POST', '/api/v1/nodes', other, headers)).code).toBe(403);
    expect((await rig.http('DELETE', '/api/v1/nodes/n2', undefined, headers)).code).toBe(403);
    expect((await read(`${OTHER}/secrets/s`, 'n2')).code).toBe(403);
  });

  it('is told so by reviews', async () => {
    const reviewed = async (name: string): Promise<unknown> => {
      const resourceAttributes = { verb: 'get', resource: 'secrets', namespace: 'default', name };
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: 'system:node:n1', groups: ['system:nodes'], resourceAttributes },
      };
      const { body } = await rig.http('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review);
      return (JSON.parse(body) as { status: { allowed: boolean } }).status.allowed;
    };
    expect([await reviewed('s'), await reviewed('none')]).toEqual([true, false]);
  });
});

describe('a namespace that was made again', () => {
  const AGAIN = '/api/v1/namespaces/again';
  /** Where the log stood when the namespace of before was whole. */
  let then = '';
  const before = `${AGAIN}/configmaps/before`;
  const exactly = (path: string): string => `${path}?resourceVersion=${then}&resourceVersionMatch=Exact`;
  const names = ({ body }: HttpAnswer): string[] =>
    (JSON.parse(body) as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
  const changes = async (token: string): Promise<string[]> => {
    const query = `watch=1&resourceVersion=${then}&timeoutSeconds=1`;
    const { body } = await as(token, 'GET', `${AGAIN}/configmaps?${query}`);
    const events = body.split('\n').filter((line) => line !== '');
    return events.map((line) => (JSON.parse(line) as { object: { metadata: { name: string } } }).object.metadata.name);
  };

  beforeAll(async () => {
    const made = await rig.http('GET', before);
    const { metadata } = JSON.parse(made.body) as { metadata: { resourceVersion: string; creationTimestamp: string } };
    then = metadata.resourceVersion;
    await rig.http('DELETE', before);
    await rig.http('DELETE', AGAIN);
    const gone = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'again' }, spec: { finalizers: [] } };
    expect((await rig.http('PUT', `${AGAIN}/finalize`, gone)).code).toBe(200);
    // Objects tell seconds.
    await eventually(() => Date.now() > Date.parse(metadata.creationTimestamp) + 1_100);
    await rig.kubectl('create namespace again');
    await rig.kubectl('create rolebinding readers -n again --clusterrole=view --group=readers');
    await rig.kubectl('create configmap after -n again --from-literal=a=b');
    await eventually(async () => (await as('r-token', 'GET', `${AGAIN}/configmaps/after`)).code === 200);
  });

  it('is told to who may read that one, and nothing of the one before it', async () => {
    expect(names(await as('r-token', 'GET', exactly(`${AGAIN}/configmaps`)))).toEqual([]);
    expect((await as('r-token', 'GET', exactly(before))).code).toBe(404);
    expect((await as('r-token', 'GET', exactly(AGAIN))).code).toBe(404);
    expect(await changes('r-token')).toEqual(['after']);
  });

  it('is told with the one before it to who may read all', async () => {
    expect(names(await rig.http('GET', exactly(`${AGAIN}/configmaps`)))).toEqual(['before']);
    expect((await rig.http('GET', exactly(before))).code).toBe(200);
    expect((await rig.http('GET', exactly(AGAIN))).code).toBe(200);
    expect(await changes(TOKEN)).toEqual(['before', 'after']);
  });
});

describe('who may only read one namespace', () => {
  it.each([
    ['its objects', `${WEB}/configmaps`],
    ['one of them', `${WEB}/configmaps/here`],
    ['the namespace itself', WEB],
    ['what it is served', '/apis'],
    ['of which kinds', '/apis/apps/v1'],
    ['their schemas', '/openapi/v3'],
    ['whether the server is well', '/livez'],
  ])('reads %s', async (_, path) => {
    expect((await as('r-token', 'GET', path)).code).toBe(200);
  });

  it('reads the past of it, by the rights of today', async () => {
    const exact = `resourceVersion=${past}&resourceVersionMatch=Exact`;
    expect((await as('r-token', 'GET', `${WEB}/configmaps?${exact}`)).code).toBe(200);
    expect((await as('r-token', 'GET', `${OTHER}/configmaps?${exact}`)).code).toBe(403);
    expect((await as('r-token', 'GET', `${WEB}/secrets?${exact}`)).code).toBe(403);
  });

  const cannot = (verb: string, resource: string, more: string, group = ''): string =>
    `User "vera" cannot ${verb} resource "${resource}" in API group "${group}" ${more}`;
  const IN_DEFAULT = 'in the namespace "default"';
  const IN_WEB = 'in the namespace "web"';
  const NOWHERE = 'at the cluster scope';
  it.each<[string, string, unknown, string]>([
    ['GET', `${OTHER}/configmaps`, undefined, `configmaps is forbidden: ${cannot('list', 'configmaps', IN_DEFAULT)}`],
    [
      'GET',
      `${OTHER}/configmaps/here`,
      undefined,
      `configmaps "here" is forbidden: ${cannot('get', 'configmaps', IN_DEFAULT)}`,
    ],
    ['GET', '/api/v1/configmaps', undefined, `configmaps is forbidden: ${cannot('list', 'configmaps', NOWHERE)}`],
    [
      'GET',
      '/api/v1/configmaps?fieldSelector=metadata.namespace=web',
      undefined,
      cannot('list', 'configmaps', NOWHERE),
    ],
    ['GET', '/api/v1/configmaps?watch=1', undefined, cannot('watch', 'configmaps', NOWHERE)],
    ['GET', `/api/v1/watch/namespaces/default/configmaps`, undefined, cannot('watch', 'configmaps', IN_DEFAULT)],
    ['GET', `${OTHER}/configmaps?watch=1&resourceVersion=1`, undefined, cannot('watch', 'configmaps', IN_DEFAULT)],
    ['GET', `${WEB}/secrets`, undefined, cannot('list', 'secrets', IN_WEB)],
    [
      'GET',
      `${WEB}/secrets?fieldSelector=metadata.name=s`,
      undefined,
      `secrets "s" is forbidden: ${cannot('list', 'secrets', IN_WEB)}`,
    ],
    ['HEAD', `${OTHER}/configmaps/here`, undefined, ''],
    ['GET', `${OTHER}/pods/p/log`, undefined, cannot('get', 'pods/log', IN_DEFAULT)],
    ['GET', `${WEB}/pods/p/exec?command=sh&stdout=1`, undefined, cannot('get', 'pods/exec', IN_WEB)],
    ['GET', '/api/v1/nodes', undefined, cannot('list', 'nodes', NOWHERE)],
    ['GET', '/api/v1/namespaces', undefined, cannot('list', 'namespaces', NOWHERE)],
    ['GET', '/api/v1/namespaces/default', undefined, cannot('get', 'namespaces', IN_DEFAULT)],
    ['GET', '/api/v1/componentstatuses', undefined, cannot('list', 'componentstatuses', NOWHERE)],
    ['GET', '/apis/apps/v1/deployments', undefined, cannot('list', 'deployments', NOWHERE, 'apps')],
    [
      'GET',
      '/apis/robots.example.com/v1/namespaces/web/robots',
      undefined,
      cannot('list', 'robots', IN_WEB, 'robots.example.com'),
    ],
    ['GET', '/metrics', undefined, 'forbidden: User "vera" cannot get path "/metrics"'],
    ['GET', '/livez/nats', undefined, 'forbidden: User "vera" cannot get path "/livez/nats"'],
    ['POST', `${WEB}/configmaps`, configMap('x'), cannot('create', 'configmaps', IN_WEB)],
    ['POST', `${WEB}/configmaps?dryRun=All`, configMap('x'), cannot('create', 'configmaps', IN_WEB)],
    ['PUT', `${WEB}/configmaps/here`, configMap('here'), cannot('update', 'configmaps', IN_WEB)],
    ['PATCH', `${WEB}/configmaps/here?dryRun=All`, {}, cannot('patch', 'configmaps', IN_WEB)],
    ['DELETE', `${WEB}/configmaps/here`, undefined, cannot('delete', 'configmaps', IN_WEB)],
    ['DELETE', `${WEB}/configmaps`, undefined, cannot('deletecollection', 'configmaps', IN_WEB)],
    ['POST', `${WEB}/pods`, podIn('web'), cannot('create', 'pods', IN_WEB)],
    [
      'POST',
      `${WEB}/bindings`,
      { metadata: { name: 'p' }, target: { name: 'n' } },
      cannot('create', 'bindings', IN_WEB),
    ],
    ['POST', `${WEB}/pods/p/eviction`, {}, cannot('create', 'pods/eviction', IN_WEB)],
    [
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {},
      cannot('create', 'subjectaccessreviews', NOWHERE, 'authorization.k8s.io'),
    ],
    [
      'POST',
      '/apis/authentication.k8s.io/v1/tokenreviews',
      {},
      cannot('create', 'tokenreviews', NOWHERE, 'authentication.k8s.io'),
    ],
    [
      'POST',
      `${RBAC}/namespaces/web/rolebindings`,
      bindingTo('ClusterRole', 'admin'),
      cannot('create', 'rolebindings', IN_WEB, 'rbac.authorization.k8s.io'),
    ],
  ])('is refused %s %s', async (method, path, body, message) => {
    const answer = await as('r-token', method, path, body);
    expect(answer.code).toBe(403);
    if (message === '') return;
    expect(JSON.parse(answer.body)).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason: 'Forbidden',
      code: 403,
    });
    expect(messageOf(answer)).toContain(message);
  });

  it('is told so by kubectl, and what they may', async () => {
    const vera = '--token=r-token';
    await expect(rig.kubectl(`${vera} auth can-i list secrets -n web`)).rejects.toThrow(/exit 1: no/);
    expect(await rig.kubectl(`${vera} auth can-i get pods -n web`)).toBe('yes\n');
    expect(await rig.kubectl(`${vera} auth whoami`)).toMatch(
      /Username +vera\nUID +7\nGroups +\[readers system:authenticated\]/,
    );
    const list = await rig.kubectl(`${vera} auth can-i --list -n web`);
    expect(list).toMatch(/configmaps +\[\] +\[\] +\[get list watch\]/);
    expect(list).not.toContain('secrets');
  });
});

describe('who is admin of one namespace', () => {
  const escalated = / is attempting to grant RBAC permissions not currently held:\n/;

  it('works there, and gives others what they have', async () => {
    expect((await as('a-token', 'POST', `${WEB}/configmaps`, configMap('by-ada'))).code).toBe(201);
    const binding = { ...bindingTo('ClusterRole', 'edit'), metadata: { name: 'editors' } };
    expect((await as('a-token', 'POST', `${RBAC}/namespaces/web/rolebindings`, binding)).code).toBe(201);
    expect((await as('a-token', 'DELETE', `${RBAC}/namespaces/web/rolebindings/editors`)).code).toBe(200);
  });

  const role = (rules: object[]) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'trick' },
    rules,
  });
  const nodes = [{ verbs: ['get'], apiGroups: [''], resources: ['nodes'] }];
  it.each<[string, string, string, unknown, number, RegExp]>([
    [
      'binds to everything',
      'POST',
      `${RBAC}/namespaces/web/rolebindings`,
      bindingTo('ClusterRole', 'cluster-admin'),
      403,
      escalated,
    ],
    [
      'binds to what is not there yet',
      'POST',
      `${RBAC}/namespaces/web/rolebindings`,
      bindingTo('Role', 'later'),
      404,
      /"later" not found/,
    ],
    [
      'makes a role of more',
      'POST',
      `${RBAC}/namespaces/web/roles`,
      role(nodes),
      403,
      /\{APIGroups:\[""\], Resources:\["nodes"\], Verbs:\["get"\]\}/,
    ],
    [
      'makes one by an applied patch',
      'PATCH',
      `${RBAC}/namespaces/web/roles/trick?fieldManager=x`,
      role(nodes),
      403,
      escalated,
    ],
    [
      'gives the right to escalate',
      'POST',
      `${RBAC}/namespaces/web/roles`,
      role([{ verbs: ['escalate'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] }]),
      403,
      escalated,
    ],
    ['tries it without storing it', 'POST', `${RBAC}/namespaces/web/roles?dryRun=All`, role(nodes), 403, escalated],
    [
      'makes a role of the cluster',
      'POST',
      `${RBAC}/clusterroles`,
      { ...role(nodes), kind: 'ClusterRole' },
      403,
      /at the cluster scope/,
    ],
    [
      'widens a default role',
      'PATCH',
      `${RBAC}/clusterroles/view`,
      { rules: nodes },
      403,
      /cannot patch resource "clusterroles"/,
    ],
    [
      'binds elsewhere',
      'POST',
      `${RBAC}/namespaces/default/rolebindings`,
      bindingTo('ClusterRole', 'view'),
      403,
      /in the namespace "default"/,
    ],
  ])('is refused what %s', async (_, method, path, body, code, message) => {
    const type: Headers = path.includes('fieldManager') ? { 'content-type': 'application/apply-patch+yaml' } : {};
    const answer = await as('a-token', method, path, body, type);
    expect([answer.code, messageOf(answer)]).toEqual([code, expect.stringMatching(message)]);
  });

  it('loses the right at once with the binding', async () => {
    expect((await as('a-token', 'PATCH', `${WEB}/configmaps/here`, { data: { a: 'c' } })).code).toBe(200);
    await rig.kubectl('delete rolebinding ada -n web');
    expect((await as('a-token', 'PATCH', `${WEB}/configmaps/here`, { data: { a: 'd' } })).code).toBe(403);
  });
});

describe('somebody else', () => {
  it('without a token sees how the server is, and nothing more', async () => {
    const nobody = (path: string): Promise<HttpAnswer> => rig.http('GET', path, undefined, { authorization: '' });
    expect((await nobody('/version')).code).toBe(200);
    expect(messageOf(await nobody(`${WEB}/configmaps`))).toContain('User "system:anonymous" cannot list');
    expect(messageOf(await nobody('/api'))).toBe('forbidden: User "system:anonymous" cannot get path "/api"');
    expect((await as('wrong', 'GET', '/version/')).code).toBe(200);
    expect((await as('wrong', 'GET', '/api')).code).toBe(401);
  });

  it('is who they may impersonate only', async () => {
    const get = (token: string, headers: Headers, path = `${WEB}/configmaps`) =>
      as(token, 'GET', path, undefined, headers);
    const admin = 'test-token';
    expect((await get(admin, { 'impersonate-user': 'vera' })).code).toBe(403);
    expect((await get(admin, { 'impersonate-user': 'x', 'impersonate-group': 'readers' })).code).toBe(200);
    expect(messageOf(await get(admin, { 'impersonate-user': 'vera' }, '/api/v1/nodes'))).toContain(
      'User "vera" cannot list',
    );
    expect(messageOf(await get('r-token', { 'impersonate-user': 'admin' }))).toBe(
      'users "admin" is forbidden: User "vera" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    expect(messageOf(await get('r-token', { 'impersonate-user': 'system:serviceaccount:web:default' }))).toContain(
      'cannot impersonate resource "serviceaccounts" in API group "" in the namespace "web"',
    );
    expect((await get('r-token', { 'impersonate-group': 'system:masters' })).code).toBe(500);
    const robot = await rig.kubectl('auth whoami --as=system:serviceaccount:web:robot');
    expect(robot).toContain('[system:serviceaccounts system:serviceaccounts:web system:authenticated]');
    expect(await rig.kubectl("auth whoami --as=x --as-group='a, b' --as-group=c --as-uid=u")).toMatch(
      /UID +u\nGroups +\[a, b c /,
    );
  });
});
