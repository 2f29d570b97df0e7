import { builtIn } from '@shiplog/contracts';
import { FewObjects, aPod, admission, rejectionOf, stored, valueOf } from './testing/builders';
import { admitCreate } from './create';

const account = (name: string, secrets: string[] = []) =>
  stored({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'default' },
    imagePullSecrets: secrets.map((secret) => ({ name: secret })),
  });
const state = new FewObjects()
  .put('serviceaccounts', account('puller', ['registry-login']))
  .put('serviceaccounts', account('plain'));
const create = (spec: Parameters<typeof aPod>[0]) => admitCreate(builtIn('pods'), aPod(spec), admission({ state }));
const specOf = (spec: Parameters<typeof aPod>[0]) => valueOf(create(spec)).spec;

describe('a pod and its service account', () => {
  it('pulls with the secrets of the account, unless it names its own', () => {
    expect(specOf({ serviceAccountName: 'puller' })).toMatchObject({ imagePullSecrets: [{ name: 'registry-login' }] });
    const own = { serviceAccountName: 'puller', imagePullSecrets: [{ name: 'mine' }] };
    expect(specOf(own)).toMatchObject({ imagePullSecrets: [{ name: 'mine' }] });
    expect(specOf({ serviceAccountName: 'plain' })).not.toHaveProperty('imagePullSecrets');
  });

  it('is forbidden when the account is not there', () => {
    expect(rejectionOf(create({ serviceAccountName: 'ghost' }))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'pods "web" is forbidden: error looking up service account default/ghost: serviceaccount "ghost" not found',
    });
  });

  it('is told of by what it was asked to be called: the refusals of all that one controller makes read alike', () => {
    const pod = aPod({ serviceAccountName: 'ghost' });
    const refused = (metadata: object) =>
      rejectionOf(admitCreate(builtIn('pods'), { ...pod, metadata }, admission({ state }))).message;
    const namespace = 'default';
    expect(refused({ namespace, generateName: 'web-' })).toMatch(/^pods "web-" is forbidden: /);
    expect(refused({ namespace, generateName: 'web-', name: 'web-first' })).toMatch(/^pods "web-first" is forbidden: /);
  });

  it('needs not wait for the account that every namespace gets', () => {
    expect(specOf({})).toMatchObject({ serviceAccountName: 'default', serviceAccount: 'default' });
  });
});

describe('a service account', () => {
  it('keeps of its secrets the names', () => {
    const secrets = [{ name: 'a', namespace: 'other', kind: 'Secret', uid: 'u' }, { name: 'b' }];
    const sent = { ...account('mine'), secrets, metadata: { name: 'mine', namespace: 'default' } };
    expect(valueOf(admitCreate(builtIn('serviceaccounts'), sent, admission()))['secrets']).toEqual([
      { name: 'a' },
      { name: 'b' },
    ]);
  });
});

describe('a pod and the secrets of its service account', () => {
  const strict = { ...account('strict', ['pulled']), secrets: [{ name: 'lent' }] };
  strict.metadata = { ...strict.metadata, annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } };
  state.put('serviceaccounts', strict);
  const told = (spec: Parameters<typeof aPod>[0]) =>
    rejectionOf(create({ serviceAccountName: 'strict', ...spec })).message;
  const from = (name: string) => [{ name: 'KEY', valueFrom: { secretKeyRef: { name, key: 'k' } } }];
  const container = (name: string, env: ReturnType<typeof from>) => ({ name, image: 'x', env });
  const SAYS = 'is not allowed because service account strict does not reference that';

  it('takes those that the account names, where it insists', () => {
    const volumes = [{ name: 'v', secret: { secretName: 'lent' } }];
    const spec = { serviceAccountName: 'strict', volumes, containers: [container('c', from('lent'))] };
    expect(specOf(spec)).toMatchObject({ imagePullSecrets: [{ name: 'pulled' }] });
  });

  it('is forbidden when it takes others', () => {
    expect(told({ volumes: [{ name: 'v', secret: { secretName: 'own' } }] })).toBe(
      `pods "web" is forbidden: volume with secret.secretName="own" ${SAYS} secret`,
    );
    expect(told({ containers: [container('c', from('own'))] })).toBe(
      `pods "web" is forbidden: container c with envVar KEY referencing secret.secretName="own" ${SAYS} secret`,
    );
    expect(told({ initContainers: [container('i', from('own'))] })).toContain(
      `init container i with envVar KEY referencing secret.secretName="own" ${SAYS} secret`,
    );
    expect(told({ imagePullSecrets: [{ name: 'pulled' }, { name: 'own' }] })).toContain(
      `imagePullSecrets[1].name="own" ${SAYS} imagePullSecret`,
    );
  });
});

describe('a mirror of a pod that its node runs by itself', () => {
  const mirror = (spec: Parameters<typeof aPod>[0]) =>
    admitCreate(
      builtIn('pods'),
      aPod({ nodeName: 'n', ...spec }, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      admission({ state }),
    );

  it('gets no account', () => {
    expect(valueOf(mirror({})).spec).not.toHaveProperty('serviceAccountName');
    expect(rejectionOf(mirror({ serviceAccountName: 'plain' })).message).toBe(
      'pods "web" is forbidden: a mirror pod may not reference service accounts',
    );
  });

  it('has no secrets', () => {
    const forbidden = (spec: Parameters<typeof aPod>[0]) => rejectionOf(mirror(spec)).message;
    expect(forbidden({ imagePullSecrets: [{ name: 's' }] })).toContain('a mirror pod may not reference secrets');
    const sources = [{ serviceAccountToken: { path: 'token' } }];
    expect(forbidden({ volumes: [{ name: 'v', projected: { sources } }] })).toContain(
      'a mirror pod may not use ServiceAccountToken volume projections',
    );
  });
});

describe("a pod's priority class", () => {
  it('is one that is there', () => {
    expect(specOf({ priorityClassName: 'system-node-critical' })).toMatchObject({ priority: 2_000_001_000 });
    expect(rejectionOf(create({ priorityClassName: 'ghost' }))).toMatchObject({
      code: 403,
      message: 'pods "web" is forbidden: no PriorityClass with name ghost was found',
    });
  });

  it('computes priority and preemption: a pod may say the same, and nothing else', () => {
    const critical = { priorityClassName: 'system-node-critical' };
    expect(specOf({ ...critical, priority: 2_000_001_000, preemptionPolicy: 'PreemptLowerPriority' })).toMatchObject(
      critical,
    );
    const forbidden = (spec: Parameters<typeof aPod>[0]) => rejectionOf(create(spec));
    const priority = (given: number, computed: number) =>
      `pods "web" is forbidden: the integer value of priority (${given}) must not be provided in pod spec; ` +
      `priority admission controller computed ${computed} from the given PriorityClass name`;
    expect(forbidden({ ...critical, priority: 5 })).toMatchObject({ code: 403, message: priority(5, 2_000_001_000) });
    expect(forbidden({ priority: 5 })).toMatchObject({ code: 403, message: priority(5, 0) });
    expect(forbidden({ preemptionPolicy: 'Never' })).toMatchObject({
      code: 403,
      message:
        'pods "web" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; ' +
        'priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    });
  });
});
