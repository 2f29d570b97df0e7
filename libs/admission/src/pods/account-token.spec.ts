import type { ObjectOf, PodSpec } from '@shiplog/contracts';
import { Problems } from '@shiplog/apimachinery';
import { isOfAccount, mountAccountToken } from './account-token';
import { validateProjected } from './volume-files';

const PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const accountWith = (automountServiceAccountToken?: boolean) =>
  ({ automountServiceAccountToken }) as ObjectOf<'serviceaccounts'>;
const mounted = (spec: Partial<PodSpec> = {}, account?: ObjectOf<'serviceaccounts'>): PodSpec => {
  const whole: PodSpec = { containers: [{ name: 'main' }], ...spec };
  mountAccountToken(whole, account, 'seed');
  return whole;
};
const mountsOf = ({ containers, initContainers = [] }: PodSpec): (string[] | undefined)[] =>
  [...initContainers, ...containers].map(({ volumeMounts }) =>
    volumeMounts?.map(({ name, mountPath }) => `${name} ${mountPath}`),
  );

describe("the token of a pod's account", () => {
  it('is mounted into every container, with the authority and the namespace', () => {
    const spec = mounted({ initContainers: [{ name: 'first' }], volumes: [{ name: 'own', emptyDir: {} }] });
    const name = spec.volumes?.[1]?.name ?? '';
    expect(name).toMatch(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(spec.volumes?.[1]?.projected).toEqual({
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    });
    expect(mountsOf(spec)).toEqual([[`${name} ${PATH}`], [`${name} ${PATH}`]]);
    expect(spec.containers[0]?.volumeMounts?.[0]?.readOnly).toBe(true);
  });

  it.each([
    [undefined, undefined, true],
    [undefined, accountWith(), true],
    [undefined, accountWith(false), false],
    [true, accountWith(false), true],
    [false, accountWith(true), false],
  ])('is mounted as the pod (%s) says, else as the account says', (automountServiceAccountToken, account, expected) => {
    expect(mounted({ automountServiceAccountToken }, account).volumes !== undefined).toBe(expected);
  });

  it('leaves what a container has in its place, and needs no volume where all have', () => {
    const own = { name: 'main', volumeMounts: [{ name: 'own', mountPath: PATH }] };
    expect(mounted({ containers: [own] })).toEqual({ containers: [own] });
    const [, second] = mountsOf(mounted({ containers: [own, { name: 'other' }] }));
    expect(second).toHaveLength(1);
  });

  it('comes from the volume that a pod has for it already', () => {
    const volumes = [{ name: 'kube-api-access-mine', emptyDir: {} }];
    const spec = mounted({ volumes });
    expect([spec.volumes, mountsOf(spec)]).toEqual([volumes, [[`kube-api-access-mine ${PATH}`]]]);
  });

  it('has sources that break no rule, though nobody checks them', () => {
    const given = mounted().volumes?.[0]?.projected ?? {};
    const written = structuredClone(given);
    expect([isOfAccount(given), isOfAccount(written)]).toEqual([true, false]);
    const problems = new Problems();
    validateProjected(written, 'projected', problems);
    expect(problems.none).toBe(true);
    validateProjected({ ...written, defaultMode: 0o1000 }, 'projected', problems);
    expect(problems.none).toBe(false);
  });
});
