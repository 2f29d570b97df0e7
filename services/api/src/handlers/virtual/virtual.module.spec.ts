import { Catalog } from '@shiplog/apimachinery';
import { HealthOfService, type KubeStatus } from '@shiplog/contracts';
import { servedApi } from '@shiplog/representation';
import type { StoredObject } from '@shiplog/contracts';
import type { TestingModule } from '@nestjs/testing';
import type { BodyAnswer } from '../../rest/answer';
import type { User } from '../../rest/request';
import { parsePath, verbOf, type ResourceTarget } from '../../rest/request-info';
import { clusterOf, testConfig, testingModule } from '../../testing/api-testing';
import { VirtualHandler } from './virtual-handler';
import { VirtualModule } from './virtual.module';

const ADMIN: User = { name: 'admin', uid: '1', groups: ['system:masters', 'system:authenticated'] };
const JANE: User = { name: 'jane', uid: '', groups: ['system:authenticated'] };

const named = (name: string, fields: object): StoredObject =>
  ({ metadata: { name, uid: name, resourceVersion: '1' }, ...fields }) as unknown as StoredObject;
const bound = (role: string, kind: string, name: string): StoredObject =>
  named(role, { roleRef: { kind: 'ClusterRole', name: role }, subjects: [{ kind, name }] });
/** Jane makes pods, and everybody may ask for the server's health. */
const RIGHTS = {
  'clusterroles.rbac.authorization.k8s.io': [
    named('maker', { rules: [{ verbs: ['create'], apiGroups: [''], resources: ['pods'] }] }),
    named('health', { rules: [{ verbs: ['get'], nonResourceURLs: ['/livez/*'] }] }),
  ],
  'clusterrolebindings.rbac.authorization.k8s.io': [
    bound('maker', 'User', 'jane'),
    bound('health', 'Group', 'system:unauthenticated'),
    bound('lost', 'User', 'jane'),
  ],
};
const SERVER = 'https://kubernetes.default.svc.cluster.local';
const tokens = {
  authenticateToken: (token: string, audiences = [SERVER]) =>
    token === 'good' && audiences.includes(SERVER) ? { user: ADMIN, audiences: [SERVER] } : undefined,
};
const AUTHENTICATION = '/apis/authentication.k8s.io/v1';
const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
const LOCAL = `${AUTHORIZATION}/namespaces/default/localsubjectaccessreviews`;

/** The services, by how they say they are. */
const bus = {
  ask: (message: unknown, _: unknown, { component }: { component?: string } = {}) => {
    if (message !== HealthOfService) return Promise.resolve({ position: 7 });
    return component === 'scheduler'
      ? Promise.resolve({ ready: true, detail: 'leads' })
      : Promise.reject(new Error('nobody answers'));
  },
};

describe('VirtualModule', () => {
  const { config, remove } = testConfig();
  let module: TestingModule;
  let virtual: VirtualHandler;
  beforeAll(async () => {
    module = await testingModule([VirtualModule], {
      bus: bus as never,
      config,
      cluster: clusterOf([], RIGHTS),
    }).compile();
    await module.init();
    virtual = module.get(VirtualHandler);
  });
  afterAll(async () => {
    await module.close();
    remove();
  });

  async function ask(method: 'POST' | 'GET', path: string, body?: object, accept?: string, query = {}, user = ADMIN) {
    const target = parsePath(path, servedApi(Catalog.builtIn)) as ResourceTarget;
    expect(virtual.answers(target)).toBe(true);
    const verb = verbOf(method, target, false)!;
    const contentType = 'application/json';
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const request = { target, verb, query, user, accept, contentType, body: bytes };
    const answer = (await virtual.answer(request, tokens)) as BodyAnswer;
    return { ...answer, value: JSON.parse(answer.body.toString()) as Record<string, unknown> };
  }
  const refusal = async (path: string, body: object): Promise<KubeStatus> => {
    const failure = await ask('POST', path, body).then(
      () => undefined,
      (error: { status: KubeStatus }) => error.status,
    );
    return failure!;
  };

  it.each(['v1', 'v1beta1'])('says who asks, in %s', async (version) => {
    const path = `/apis/authentication.k8s.io/${version}/selfsubjectreviews`;
    const { code, value } = await ask('POST', path, {});
    expect(code).toBe(201);
    expect(value).toMatchObject({
      kind: 'SelfSubjectReview',
      apiVersion: `authentication.k8s.io/${version}`,
      status: { userInfo: { username: 'admin', uid: '1', groups: ['system:masters', 'system:authenticated'] } },
    });
  });

  it('says whose a token is, and to whom it says so', async () => {
    const review = async (spec: object) => (await ask('POST', `${AUTHENTICATION}/tokenreviews`, { spec })).value.status;
    const known = { authenticated: true, user: { username: 'admin' } };
    expect(await review({ token: 'good' })).toMatchObject(known);
    expect(
      await review({ token: 'good', audiences: ['x', 'https://kubernetes.default.svc.cluster.local'] }),
    ).toMatchObject({ ...known, audiences: ['https://kubernetes.default.svc.cluster.local'] });
    const unknown = { user: {}, error: 'invalid bearer token' };
    expect(await review({ token: 'bad' })).toEqual(unknown);
    expect(await review({ token: 'good', audiences: ['x'] })).toEqual(unknown);
    expect(await refusal(`${AUTHENTICATION}/tokenreviews`, { spec: {} })).toMatchObject({
      code: 400,
      message: 'token is required for TokenReview in authentication',
    });
  });

  const asJane = (path: string, spec: object) => ask('POST', `${AUTHORIZATION}/${path}`, { spec }, undefined, {}, JANE);

  it('says what somebody may do, and by what', async () => {
    const making = { resourceAttributes: { verb: 'create', resource: 'pods' } };
    const removing = { resourceAttributes: { verb: 'delete', resource: 'pods', namespace: 'default' } };
    const status = async (path: string, spec: object) => (await asJane(path, spec)).value.status;
    const may = {
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "maker" of ClusterRole "maker" to User "jane"',
    };
    const mayNot = { allowed: false, reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "lost" not found' };
    expect(await status('selfsubjectaccessreviews', making)).toEqual(may);
    expect(await status('selfsubjectaccessreviews', removing)).toEqual(mayNot);
    expect(await status('subjectaccessreviews', { ...making, user: 'jane' })).toEqual(may);
    expect(await status('subjectaccessreviews', { ...making, user: 'joe' })).toEqual({ allowed: false });
    expect(await status('subjectaccessreviews', { ...removing, groups: ['system:masters'] })).toEqual({
      allowed: true,
    });
    const health = { nonResourceAttributes: { verb: 'get', path: '/livez/ping' } };
    expect(await status('subjectaccessreviews', { ...health, groups: ['system:unauthenticated'] })).toMatchObject({
      allowed: true,
    });
    const local = { ...removing, user: 'jane' };
    expect((await ask('POST', LOCAL, { spec: local })).value).toMatchObject({
      metadata: { namespace: 'default' },
      status: mayNot,
    });
  });

  it('lists what may be done', async () => {
    const path = 'selfsubjectrulesreviews';
    const whole = await ask('POST', `${AUTHORIZATION}/${path}`, { spec: { namespace: 'default' } });
    expect(whole.value.status).toEqual({
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      incomplete: false,
    });
    expect((await asJane(path, { namespace: 'default' })).value.status).toEqual({
      resourceRules: [{ verbs: ['create'], apiGroups: [''], resources: ['pods'] }],
      nonResourceRules: [],
      incomplete: false,
      evaluationError: 'clusterrole.rbac.authorization.k8s.io "lost" not found',
    });
    expect(await refusal(`${AUTHORIZATION}/${path}`, {})).toMatchObject({
      code: 400,
      message: 'no namespace on request',
    });
  });

  const NOBODY = 'spec.user: Invalid value: "": at least one of user or group must be specified';
  const EXACTLY =
    'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified';
  const at = 'spec.resourceAttributes.fieldSelector';
  const both = { resourceAttributes: {}, nonResourceAttributes: { path: '/x', verb: 'get' } };
  const selector = (fieldSelector: object) => ({ spec: { resourceAttributes: { fieldSelector } } });
  it.each<[string, object, string[]]>([
    ['selfsubjectaccessreviews', {}, [EXACTLY]],
    ['subjectaccessreviews', { spec: {} }, [EXACTLY, NOBODY]],
    [
      'selfsubjectaccessreviews',
      { spec: both },
      [
        'spec.nonResourceAttributes: Invalid value: authorization.NonResourceAttributes{Path:"/x", Verb:"get"}: ' +
          'cannot be specified in combination with resourceAttributes',
      ],
    ],
    [
      'selfsubjectaccessreviews',
      { metadata: { name: 'x' }, spec: { resourceAttributes: {} } },
      [expect.stringMatching(/^metadata: Invalid value: v1\.ObjectMeta\{Name:"x".*\}: must be empty$/) as string],
    ],
    [
      'selfsubjectaccessreviews',
      selector({ rawSelector: 'a', requirements: [{ key: 'b', operator: 'Exists' }] }),
      [`${at}.rawSelector: Invalid value: "a": may not specified at the same time as requirements`],
    ],
    [
      'selfsubjectaccessreviews',
      selector({}),
      [`${at}.requirements: Required value: when ${at} is specified, requirements or rawSelector is required`],
    ],
    [
      'selfsubjectaccessreviews',
      selector({
        requirements: [
          { key: '', operator: 'In' },
          { key: 'a', operator: 'Exists', values: ['b'] },
        ],
      }),
      [
        `${at}.requirements[0].key: Required value: must be specified`,
        `${at}.requirements[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
        `${at}.requirements[1].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
      ],
    ],
    [
      'namespaces/default/localsubjectaccessreviews',
      { spec: { user: 'x', resourceAttributes: { namespace: 'other' } } },
      ['spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace'],
    ],
    [
      'namespaces/default/localsubjectaccessreviews',
      { metadata: { name: 'x' }, spec: { user: 'x', nonResourceAttributes: {} } },
      [
        expect.stringContaining('must be empty except for namespace') as string,
        'spec.nonResourceAttributes: Invalid value: authorization.NonResourceAttributes{Path:"", Verb:""}: ' +
          'disallowed on this kind of request',
      ],
    ],
  ])('refuses %s of %j', async (path, body, texts) => {
    const status = await refusal(`${AUTHORIZATION}/${path}`, body);
    expect(status).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(status.details?.causes?.map(({ field, message }) => `${field}: ${message}`)).toEqual(texts);
  });

  it('takes no review of another namespace, nor one with unknown fields when it is to be strict', async () => {
    expect(await refusal(LOCAL, { metadata: { namespace: 'x' }, spec: {} })).toMatchObject({ code: 400 });
    const strict = ask('POST', `${AUTHORIZATION}/selfsubjectaccessreviews`, { spec: { colour: 1 } }, undefined, {
      fieldValidation: 'Strict',
    });
    await expect(strict).rejects.toThrow('unknown field "spec.colour"');
  });

  it('says how the components are, with the warning that nobody should ask so', async () => {
    const { value, headers } = await ask('GET', '/api/v1/componentstatuses');
    expect(headers).toEqual({ warning: '299 - "v1 ComponentStatus is deprecated in v1.19+"' });
    expect(value).toMatchObject({
      kind: 'ComponentStatusList',
      items: [
        {
          metadata: { name: 'controller-manager' },
          conditions: [{ status: 'False', message: 'no controller answers' }],
        },
        { metadata: { name: 'etcd-0' }, conditions: [{ status: 'True', message: 'ok' }] },
        { metadata: { name: 'scheduler' }, conditions: [{ type: 'Healthy', status: 'True', message: 'leads' }] },
      ],
    });
    const table = await ask(
      'GET',
      '/api/v1/componentstatuses/scheduler',
      undefined,
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    );
    expect(table.value.rows).toMatchObject([{ cells: ['scheduler', 'Healthy', 'leads', ''] }]);
    await expect(ask('GET', '/api/v1/componentstatuses/x')).rejects.toThrow('componentstatuses "x" not found');
  });
});
