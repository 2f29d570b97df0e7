import type { Container } from '@shiplog/contracts';
import type { Pod } from '../../domain/pod';
import type { ContainerIdentity, ContainerSpec, EngineLimits, ImageFacts, MountSpec } from '../../runtime/runtime';
import { LONG_KNOWN_CAPABILITIES } from '../../runtime/capabilities';
import { ContainerConfigError } from '../start-failure';
import { renderConfinement } from './confinement';
import { renderEnv, type EnvContext } from './env';
import { renderExpansion } from './expansion';
import { renderAmounts, renderOomScore } from './resources';

export interface SpecInputs extends EnvContext {
  readonly container: Container;
  readonly identity: ContainerIdentity;
  readonly sandboxId: string;
  readonly image: ImageFacts;
  readonly mounts: readonly MountSpec[];
  readonly limits: EngineLimits;
  readonly cgroupParent?: string;
  readonly pidsLimit: number;
  /** The text of the node's seccomp profile that the container names. */
  readonly seccompProfile?: string;
  /** The OCI runtime; absent: the engine's own. */
  readonly runtime?: string;
  /** The container whose processes this one is to see. */
  readonly targetId?: string;
}

export interface RenderedSpec {
  readonly spec: ContainerSpec;
  /** What the engine on this machine can't give, in sentences for the pod's events. */
  readonly clamped: readonly string[];
}

/** Whether a container asks for something that some engines refuse: only then must this one's limits be known. */
export function needsLimits(pod: Pod, container: Container, nodeMemoryBytes: bigint): boolean {
  const { privileged, capabilities } = container.securityContext ?? {};
  return (
    privileged === true || (capabilities?.add ?? []).length > 0 || renderOomScore(pod, container, nodeMemoryBytes) < 0
  );
}

/** Everything the engine must know to make a container. Throws ContainerConfigError when the pod asks for what can't be. */
export function renderSpec(inputs: SpecInputs): RenderedSpec {
  const { container, pod, identity } = inputs;
  const env = renderEnv(container, inputs);
  const expand = (words: readonly string[] | undefined): string[] | undefined =>
    words === undefined || words.length === 0 ? undefined : words.map((word) => renderExpansion(word, env));
  const clamped: string[] = [];
  const spec: ContainerSpec = {
    identity,
    sandboxId: inputs.sandboxId,
    imageId: inputs.image.id,
    entrypoint: expand(container.command),
    args: expand(container.args),
    env: [...env].map(([name, value]) => `${name}=${value}`),
    workingDir: container.workingDir === '' ? undefined : container.workingDir,
    tty: container.tty === true,
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    ...renderSecurity(inputs, clamped),
    mounts: inputs.mounts,
    ...renderAmounts(container),
    pidsLimit: inputs.pidsLimit,
    oomScoreAdj: oomScore(inputs, clamped),
    cgroupParent: inputs.cgroupParent,
    runtime: inputs.runtime,
    pidNamespace: pidNamespaceOf(inputs),
    hostIPC: pod.spec?.hostIPC === true,
    hostNetwork: pod.spec?.hostNetwork === true,
    stopSignal: container.lifecycle?.stopSignal,
  };
  return { spec, clamped };
}

/** An ephemeral container can see another's processes, where the pod has not all see all. */
function pidNamespaceOf({ pod, targetId }: SpecInputs): ContainerSpec['pidNamespace'] {
  if (pod.spec?.hostPID === true) return 'host';
  if (pod.spec?.shareProcessNamespace === true) return 'pod';
  return targetId === undefined ? 'own' : { of: targetId };
}

function oomScore({ pod, container, node, limits }: SpecInputs, clamped: string[]): number {
  const score = renderOomScore(pod, container, node.allocatableMemoryBytes);
  if (score >= 0 || limits.negativeOomScore) return score;
  clamped.push(`the engine here refuses an OOM score of ${score}: container ${container.name} has 0`);
  return 0;
}

type SecurityFields = Pick<
  ContainerSpec,
  | 'user'
  | 'groups'
  | 'privileged'
  | 'readOnlyRootfs'
  | 'capAdd'
  | 'capDrop'
  | 'noNewPrivileges'
  | 'seccomp'
  | 'appArmor'
>;

function renderSecurity(inputs: SpecInputs, clamped: string[]): SecurityFields {
  const { container, pod, image } = inputs;
  const own = container.securityContext ?? {};
  const whole = pod.spec?.securityContext ?? {};
  const uid = own.runAsUser ?? whole.runAsUser;
  const gid = own.runAsGroup ?? whole.runAsGroup;
  if ((own.runAsNonRoot ?? whole.runAsNonRoot) === true) refuseRoot(container, pod, uid, image);
  const groups = [...(whole.supplementalGroups ?? []), ...(whole.fsGroup === undefined ? [] : [whole.fsGroup])];
  return {
    user: userOf(uid, gid, image),
    groups: groups.map(String),
    ...renderPrivileges(inputs, clamped),
    readOnlyRootfs: own.readOnlyRootFilesystem === true,
    capDrop: own.capabilities?.drop ?? [],
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    ...renderConfinement(pod, container, inputs.seccompProfile),
  };
}

/** What "privileged" and added capabilities come to on an engine that can't give all of them. */
function renderPrivileges(
  { container, limits }: SpecInputs,
  clamped: string[],
): Pick<SecurityFields, 'privileged' | 'capAdd'> {
  const { privileged = false, capabilities } = container.securityContext ?? {};
  const missing = new Set(limits.missingCapabilities);
  const asked = privileged && !limits.privileged ? ['ALL'] : (capabilities?.add ?? []);
  if (missing.size === 0) return { privileged: privileged && limits.privileged, capAdd: asked };
  const wanted = asked.includes('ALL') ? LONG_KNOWN_CAPABILITIES : asked.map((item) => item.replace(/^CAP_/, ''));
  const lost = wanted.filter((item) => missing.has(item));
  if (lost.length > 0) {
    clamped.push(
      `the engine here can't give ${privileged ? 'privileges' : 'capabilities'} in full: container ${container.name} runs without ${lost.join(', ')}`,
    );
  }
  return { privileged: privileged && limits.privileged, capAdd: wanted.filter((item) => !missing.has(item)) };
}

/** `uid:gid` as the engine takes it; the image's own user unless the pod says otherwise. */
function userOf(uid: number | undefined, gid: number | undefined, image: ImageFacts): string | undefined {
  if (uid === undefined && gid === undefined) return undefined;
  const user = uid === undefined ? (image.user.split(':')[0] ?? '') : String(uid);
  if (gid === undefined) return user;
  return `${user === '' ? '0' : user}:${gid}`;
}

function refuseRoot(container: Container, pod: Pod, uid: number | undefined, image: ImageFacts): void {
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  if (uid === 0) throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (uid !== undefined) return;
  const user = image.user.split(':')[0] ?? '';
  if (user === '' || user === '0' || user === 'root') {
    throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (!/^\d+$/.test(user)) {
    const reason = `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root`;
    throw new ContainerConfigError(`${reason} ${where}`);
  }
}
