import type { Container, ObjectOf } from '@shiplog/contracts';
import { isSidecar } from '@shiplog/kube';
import { MIRROR } from '../static-pods/domain/annotations';

/** A pod as the log has it. */
export type Pod = ObjectOf<'pods'>;

/** All containers of a pod: its own, those before them and those that came later. */
export function containersOf({ spec }: Pod): readonly Container[] {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec ?? {};
  return [...containers, ...initContainers, ...ephemeralContainers];
}

/** A pod in lines of the log. */
export function renderPod({ metadata }: Pod): { readonly pod: string; readonly uid: string } {
  return { pod: `${metadata.namespace ?? ''}/${metadata.name}`, uid: metadata.uid };
}

/** The restart policy that holds for a container. */
export function restartPolicyOf(pod: Pod, container: Container): string {
  const policy = pod.spec?.restartPolicy ?? 'Always';
  // Runs once, whatever comes of it.
  if ((pod.spec?.ephemeralContainers ?? []).some(({ name }) => name === container.name)) return 'Never';
  const isInit = (pod.spec?.initContainers ?? []).includes(container);
  if (!isInit) return policy;
  if (isSidecar(container)) return 'Always';
  return policy === 'Always' ? 'OnFailure' : policy;
}

/** Whether a phase is final: nothing of the pod runs any more, or will. */
export function isTerminal(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Priorities from here on are those of the system (SystemCriticalPriority in pkg/apis/scheduling). */
const LEAST_CRITICAL = 2_000_000_000;

/** Whether a file of its node makes it run: itself, and its mirror in the API. */
export function isStatic({ metadata }: Pod): boolean {
  return metadata.annotations?.[MIRROR] !== undefined;
}

/** Whether a pod of the API shows a static pod: by its name, too, since anybody may write the annotation. */
export function isMirrorOf(mirror: Pod, { metadata }: Pod): boolean {
  const { namespace, name, annotations } = mirror.metadata;
  return annotations?.[MIRROR] === metadata.uid && namespace === metadata.namespace && name === metadata.name;
}

/** Whether no node does without it (IsCriticalPod in pkg/kubelet/types). */
export function isCritical(pod: Pod): boolean {
  return (pod.spec?.priority ?? 0) >= LEAST_CRITICAL || isStatic(pod);
}
