import { builtIn, type BuiltIn, type KubeObject, type PodSpec, type StoredObject } from '@shiplog/contracts';
import { admitCreate } from '../../create';
import { FewObjects, aPod, admission, created, rejectionOf, stored, valueOf } from '../../testing/builders';
import { admitUpdate } from '../../update';

type Labels = Record<string, string>;

const labelled = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value]));
const home = (labels: Labels): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'default', labels: labelled(labels) },
});
const under = (labels: Labels): FewObjects => new FewObjects().put('namespaces', stored(home(labels)));

const SECURE = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
/** A pod of containers with security contexts; each is called by a letter. */
const pod = (contexts: object[], spec: Partial<PodSpec> = {}, metadata: KubeObject['metadata'] = {}): KubeObject =>
  aPod(
    {
      containers: contexts.map((securityContext, i) => ({ name: 'abc'.charAt(i), image: 'x', securityContext })),
      ...spec,
    },
    metadata,
  );
const secure = (spec: object): KubeObject => pod([SECURE], spec as Partial<PodSpec>);
const with_ = (more: object): object => ({ ...SECURE, ...more });

const BASELINE: [string, KubeObject, string | undefined][] = [
  ['nothing', pod([{}]), undefined],
  ['host namespaces', secure({ hostNetwork: true, hostPID: true, hostIPC: true }), 'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)'],
  ['host paths', secure({ volumes: [{ name: 'v', hostPath: { path: '/' } }, { name: 'w', hostPath: { path: '/' } }] }), 'hostPath volumes (volumes "v", "w")'],
  ['host ports', secure({ containers: [{ name: 'a', image: 'x', ports: [{ containerPort: 1, hostPort: 80 }, { containerPort: 2, hostPort: 443 }] }] }), 'hostPort (container "a" uses hostPorts 443, 80)'],
  ['privileges', pod([{ privileged: true }, { privileged: true }]), 'privileged (containers "a", "b" must not set securityContext.privileged=true)'],
  ['capabilities', pod([{ capabilities: { add: ['NET_ADMIN', 'CHOWN', 'SYS_TIME'] } }]), 'non-default capabilities (container "a" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)'],
  ['another /proc', pod([{ procMount: 'Unmasked' }], { hostUsers: false }), 'procMount (container "a" must not set securityContext.procMount to "Unmasked")'],
  ['SELinux types', pod([{}, { seLinuxOptions: { type: 'foo', user: 'u', role: 'r' } }], { securityContext: { seLinuxOptions: { type: 'bar' } } }), 'seLinuxOptions (pod and container "b" set forbidden securityContext.seLinuxOptions: types "bar", "foo"; user may not be set; role may not be set)'],
  ['SELinux users', pod([{}], { securityContext: { seLinuxOptions: { user: 'u' } } }), 'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: user may not be set)'],
  ['seccomp profiles', pod([{ seccompProfile: { type: 'Unconfined' } }], { securityContext: { seccompProfile: { type: 'Unconfined' } } }), 'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")'],
  ['AppArmor profiles', pod([{ appArmorProfile: { type: 'Unconfined' } }]), 'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")'],
  ['sysctls', pod([{}], { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }, { name: 'net.ipv4.tcp_rmem', value: '1' }] } }), 'forbidden sysctls (kernel.msgmax)'],
  ['host processes', secure({ hostNetwork: true, securityContext: { windowsOptions: { hostProcess: true } } }), 'host namespaces (hostNetwork=true), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)'],
]; // prettier-ignore

const RESTRICTED: [string, KubeObject, string | undefined][] = [
  ['what is secure', secure({}), undefined],
  ['nothing', pod([{}]), 'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'],
  ['the baseline first', secure({ hostPID: true, securityContext: { runAsUser: 0 } }), 'host namespaces (hostPID=true), runAsUser=0 (pod must not set runAsUser=0)'],
  ['added capabilities', pod([with_({ capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE'] } })]), 'unrestricted capabilities (container "a" must not include "CHOWN" in securityContext.capabilities.add)'],
  ['volumes', secure({ volumes: [{ name: 'v', hostPath: { path: '/' } }, { name: 'w', nfs: { server: 's', path: '/' } }, { name: 'e', emptyDir: {} }] }), 'restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs")'],
  ['root', pod([with_({ runAsNonRoot: false })]), 'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)'],
  ['what the pod sets for all', pod([{ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }], { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost', localhostProfile: 'p' } } }), undefined],
  ['init containers too', secure({ initContainers: [{ name: 'i', image: 'x', securityContext: with_({ runAsUser: 0 }) }] }), 'runAsUser=0 (container "i" must not set runAsUser=0)'],
  ['windows, which has less', pod([{ runAsNonRoot: true }], { os: { name: 'windows' } }), undefined],
]; // prettier-ignore

describe('PodSecurity', () => {
  const tried = (labels: Labels, object: KubeObject) =>
    admitCreate(builtIn('pods'), object, admission({ state: under(labels) }));

  it.each(BASELINE)('looks at %s for the baseline', (_title, object, problem) => {
    const result = tried({ enforce: 'baseline' }, object);
    if (problem === undefined) valueOf(result);
    else {
      expect(rejectionOf(result).code).toBe(403);
      expect(rejectionOf(result).message).toBe(
        `pods "web" is forbidden: violates PodSecurity "baseline:latest": ${problem}`,
      );
    }
    valueOf(tried({ enforce: 'privileged' }, object));
    valueOf(tried({}, object));
  });

  it.each(RESTRICTED)('looks at %s for the restricted', (_title, object, problem) => {
    const result = tried({ enforce: 'restricted' }, object);
    if (problem === undefined) valueOf(result);
    else
      expect(rejectionOf(result).message).toBe(
        `pods "web" is forbidden: violates PodSecurity "restricted:latest": ${problem}`,
      );
  });

  it('is as it was in the version that is named', () => {
    const keeping = pod([{ allowPrivilegeEscalation: false, runAsNonRoot: true }]);
    valueOf(tried({ enforce: 'restricted', 'enforce-version': 'v1.18' }, keeping));
    expect(rejectionOf(tried({ enforce: 'restricted', 'enforce-version': 'v1.19' }, keeping)).message).toContain(
      'violates PodSecurity "restricted:v1.19": seccompProfile (pod or container "a" must set',
    );
    const buffers = pod([{}], { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } });
    expect(rejectionOf(tried({ enforce: 'baseline', 'enforce-version': 'v1.31' }, buffers)).message).toContain(
      'sysctls',
    );
    const old = pod([{}], {}, { annotations: { 'container.seccomp.security.alpha.kubernetes.io/a': 'unconfined' } });
    expect(rejectionOf(tried({ enforce: 'baseline', 'enforce-version': 'v1.18' }, old)).message).toContain(
      'seccompProfile (forbidden annotation container.seccomp.security.alpha.kubernetes.io/a="unconfined")',
    );
    valueOf(tried({ enforce: 'baseline', 'enforce-version': 'v1.999' }, pod([{}])));
  });

  it('is the strictest where a namespace from before names no level that there is', () => {
    expect(rejectionOf(tried({ enforce: 'strict' }, pod([{}]))).message).toContain(
      'violates PodSecurity "restricted:latest"',
    );
    valueOf(tried({ warn: 'strict' }, pod([{}])));
  });

  describe('tells', () => {
    const warningsOf = (labels: Labels, resource: BuiltIn, object: KubeObject): string[] => {
      const warnings: string[] = [];
      valueOf(admitCreate(builtIn(resource), object, admission({ state: under(labels), warnings })));
      return warnings;
    };
    const spec = { containers: [{ name: 'a', image: 'x', securityContext: { privileged: true } }] };
    const template = { metadata: { labels: { a: 'b' } }, spec };
    const metadata = { name: 'web', namespace: 'default' };
    const selector = { matchLabels: { a: 'b' } };
    const WARNING =
      'would violate PodSecurity "baseline:latest": privileged (container "a" must not set securityContext.privileged=true)';

    it.each<[BuiltIn, KubeObject]>([
      ['pods', pod([{ privileged: true }])],
      ['deployments.apps', { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector, template } }],
      [
        'replicationcontrollers',
        { apiVersion: 'v1', kind: 'ReplicationController', metadata, spec: { selector: { a: 'b' }, template } },
      ],
      [
        'jobs.batch',
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata,
          spec: { template: { spec: { ...spec, restartPolicy: 'Never' } } },
        },
      ],
      [
        'cronjobs.batch',
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          metadata,
          spec: {
            schedule: '* * * * *',
            jobTemplate: { spec: { template: { spec: { ...spec, restartPolicy: 'Never' } } } },
          },
        },
      ],
      ['podtemplates', { apiVersion: 'v1', kind: 'PodTemplate', metadata, template }],
    ])('who makes %s that are warned of', (resource, object) => {
      // prettier-ignore
      expect(warningsOf({ warn: 'baseline' }, resource, object)).toEqual([WARNING]);
      expect(warningsOf({ warn: 'privileged' }, resource, object)).toEqual([]);
    });

    it('of templates only, also where pods are refused', () => {
      const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector, template } };
      expect(warningsOf({ enforce: 'baseline' }, 'deployments.apps', object)).toEqual([]);
      expect(warningsOf({ enforce: 'baseline', warn: 'baseline' }, 'deployments.apps', object)).toEqual([WARNING]);
    });
  });

  describe('of pods that are there', () => {
    const ctx = admission({ state: under({ enforce: 'baseline' }) });
    const before = stored(created('pods', pod([{ privileged: true }]))) as StoredObject;
    const withImage = (image: string): KubeObject => ({
      ...before,
      spec: { ...(before.spec as PodSpec), containers: [{ ...(before.spec as PodSpec).containers[0], image }] },
    });

    it('looks at other images and new containers, and at nothing else', () => {
      const labelled = { ...before, metadata: { ...before.metadata, labels: { a: 'b' } } };
      valueOf(admitUpdate(builtIn('pods'), undefined, before, labelled, ctx));
      expect(rejectionOf(admitUpdate(builtIn('pods'), undefined, before, withImage('y'), ctx)).code).toBe(403);
      const fine = stored(created('pods', pod([{}]))) as StoredObject;
      const debugger_ = { name: 'debug', image: 'x', securityContext: { privileged: true } };
      const debugged = { ...fine, spec: { ...(fine.spec as PodSpec), ephemeralContainers: [debugger_] } };
      expect(rejectionOf(admitUpdate(builtIn('pods'), 'ephemeralcontainers', fine, debugged, ctx)).message).toContain(
        'privileged (container "debug" must not set securityContext.privileged=true)',
      );
    });
  });

  describe('of a namespace', () => {
    const update = (from: Labels, to: Labels, pods: KubeObject[] = []) => {
      const state = under(from);
      for (const item of pods) state.put('pods', stored(created('pods', item)));
      const warnings: string[] = [];
      const there = state.get('namespaces', '', 'default') as StoredObject;
      const result = admitUpdate(builtIn('namespaces'), undefined, there, home(to), admission({ state, warnings }));
      return { result, warnings };
    };
    const INVALID =
      'Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted';

    it('refuses levels and versions that there are none of', () => {
      expect(rejectionOf(admitCreate(builtIn('namespaces'), home({ enforce: 'strict' }), admission())).message).toBe(
        INVALID,
      );
      expect(
        rejectionOf(admitCreate(builtIn('namespaces'), home({ 'warn-version': '1.2' }), admission())).message,
      ).toBe(
        'Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"',
      );
      expect(rejectionOf(update({}, { enforce: 'strict' }).result).message).toBe(INVALID);
      valueOf(update({ enforce: 'strict' }, { enforce: 'strict', other: 'x' }).result);
    });

    it('tells which pods break a stricter level', () => {
      const named = (name: string, context: object): KubeObject => pod([context], {}, { name });
      const pods = [
        named('c', { privileged: true }),
        named('b', { privileged: true }),
        named('d', { privileged: true }),
        named('a', { procMount: 'Default' }),
      ];
      const hostly = pod([{}], { hostPID: true }, { name: 'e' });
      const { result, warnings } = update({}, { enforce: 'baseline' }, [...pods, hostly]);
      valueOf(result);
      expect(warnings).toEqual([
        'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
        'b (and 2 other pods): privileged',
        'e: host namespaces',
      ]);
      expect(update({ enforce: 'restricted' }, { enforce: 'baseline' }, pods).warnings).toEqual([]);
    });
  });
});
