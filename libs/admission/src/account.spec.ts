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
const create = (spec: Parameters<typeof aPod>[0]) => admitCreate('pods', aPod(spec), admission({ state }));
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

  it('needs not wait for the account that every namespace gets', () => {
    expect(specOf({})).toMatchObject({ serviceAccountName: 'default', serviceAccount: 'default' });
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
