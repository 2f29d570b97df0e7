import { container, NO_OBJECTS, pod } from '../../testing/builders';
import type { EngineLimits } from '../../runtime/runtime';
import { renderAmounts, renderOomScore } from './resources';
import { needsLimits, renderSpec, type SpecInputs } from './spec';

const GIB = 1_073_741_824n;
const ALL: EngineLimits = { negativeOomScore: true, privileged: true, missingCapabilities: [] };
const POOR: EngineLimits = { negativeOomScore: false, privileged: false, missingCapabilities: ['SYS_RESOURCE'] };

function inputs(fields: Parameters<typeof container>[0], over: Partial<SpecInputs> = {}): SpecInputs {
  const item = container(fields);
  return {
    pod: pod({ containers: [item] }),
    container: item,
    source: NO_OBJECTS,
    node: { name: 'n', ips: ['1'], allocatableCpuMilli: 1n, allocatableMemoryBytes: GIB, allocatableStorageBytes: 1n },
    podIPs: [],
    identity: {
      pod: { uid: 'u', name: 'p', namespace: 'd' },
      name: item.name,
      role: 'app',
      attempt: 0,
      backoffSeconds: 0,
      image: 'app:1',
    },
    sandboxId: 'sandbox',
    image: { id: 'sha256:x', digests: [], user: '', sizeBytes: 1_000 },
    mounts: [],
    limits: ALL,
    pidsLimit: 0,
    ...over,
  };
}

describe('a container as the engine is to make it', () => {
  it('has command and arguments with their variables in place', () => {
    const { spec } = renderSpec(
      inputs({ command: ['run', '$(A)'], args: ['--x=$(A)'], env: [{ name: 'A', value: '1' }] }),
    );
    expect(spec).toMatchObject({ entrypoint: ['run', '1'], args: ['--x=1'], env: ['A=1'] });
  });

  it('keeps the image’s own command when the pod names none', () => {
    const { spec } = renderSpec(inputs({ command: [] }));
    expect([spec.entrypoint, spec.args, spec.user, spec.workingDir]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('runs as the user and groups that the container, else the pod, asks for', () => {
    const whole = pod({ securityContext: { runAsUser: 5, runAsGroup: 6, fsGroup: 7, supplementalGroups: [8] } });
    expect(renderSpec(inputs({}, { pod: whole })).spec).toMatchObject({ user: '5:6', groups: ['8', '7'] });
    expect(renderSpec(inputs({ securityContext: { runAsUser: 9 } }, { pod: whole })).spec.user).toBe('9:6');
  });

  it.each([
    [{ runAsNonRoot: true }, '', 'container has runAsNonRoot and image will run as root'],
    [{ runAsNonRoot: true, runAsUser: 0 }, '', "container's runAsUser breaks non-root policy"],
    [{ runAsNonRoot: true }, 'www', 'container has runAsNonRoot and image has non-numeric user (www)'],
  ])('is refused with %j and the image user %j', (securityContext, user, reason) => {
    expect(() =>
      renderSpec(inputs({ securityContext }, { image: { id: 'i', digests: [], user, sizeBytes: 1_000 } })),
    ).toThrow(reason);
  });

  it('has what the pod asks for where the engine can give it', () => {
    const securityContext = {
      privileged: true,
      capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
      allowPrivilegeEscalation: false,
    };
    const { spec, clamped } = renderSpec(inputs({ securityContext }));
    expect(spec).toMatchObject({ privileged: true, capAdd: ['NET_ADMIN'], capDrop: ['ALL'], noNewPrivileges: true });
    expect(clamped).toEqual([]);
  });

  it('has what is left of it where the engine can’t, and says so', () => {
    const { spec, clamped } = renderSpec(inputs({ securityContext: { privileged: true } }, { limits: POOR }));
    expect(spec.privileged).toBe(false);
    expect(spec.capAdd).toContain('SYS_ADMIN');
    expect(spec.capAdd).not.toContain('SYS_RESOURCE');
    expect(clamped).toEqual([expect.stringContaining('runs without SYS_RESOURCE')]);
  });

  it('asks for the engine’s limits only when they matter', () => {
    expect(needsLimits(pod(), container(), GIB)).toBe(false);
    expect(needsLimits(pod(), container({ securityContext: { privileged: true } }), GIB)).toBe(true);
    const resources = { limits: { cpu: '1', memory: '1Gi' } };
    expect(needsLimits(pod({ containers: [container({ resources })] }), container({ resources }), GIB)).toBe(true);
  });
});

describe('amounts', () => {
  it('become shares, quota and bytes', () => {
    const resources = { requests: { cpu: '100m' }, limits: { cpu: '500m', memory: '64Mi' } };
    expect(renderAmounts(container({ resources }))).toEqual({
      cpuShares: 102,
      cpuQuota: 50_000,
      memoryBytes: 67_108_864,
    });
  });

  it('are the least the kernel takes when nothing is asked for', () => {
    expect(renderAmounts(container())).toEqual({ cpuShares: 2, cpuQuota: 0, memoryBytes: 0 });
    expect(renderAmounts(container({ resources: { requests: { cpu: '999' } } })).cpuShares).toBe(262_144);
  });

  it('never make no limit of a small one', () => {
    const limited = (memory: string) => renderAmounts(container({ resources: { limits: { memory } } })).memoryBytes;
    expect(['512m', '1', '1500m', '0'].map(limited)).toEqual([1, 1, 2, 0]);
  });

  it('decide who dies first when memory runs out', () => {
    const burstable = container({ resources: { requests: { memory: '512Mi' } } });
    const guaranteed = container({
      resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } },
    });
    expect(renderOomScore(pod(), container(), GIB)).toBe(1_000);
    expect(renderOomScore(pod({ containers: [burstable] }), burstable, GIB)).toBe(500);
    expect(renderOomScore(pod({ containers: [guaranteed] }), guaranteed, GIB)).toBe(-997);
  });
});
