import type { ContainerIdentity, ContainerRole } from './runtime';

/** Labels on every container of ours. The first three are those that Kubernetes' own runtimes used. */
export const LABEL = {
  podUid: 'io.kubernetes.pod.uid',
  podNamespace: 'io.kubernetes.pod.namespace',
  podName: 'io.kubernetes.pod.name',
  container: 'io.kubernetes.container.name',
  node: 'io.shiplog.node',
  role: 'io.shiplog.role',
  attempt: 'io.shiplog.attempt',
  backoff: 'io.shiplog.backoff-seconds',
  image: 'io.shiplog.image',
} as const;

/** As containers have it that were made by the first kubelets, and are still to be known again. */
const ROLE_LABEL: Readonly<Record<ContainerRole, string>> = {
  sandbox: 'infra',
  init: 'init',
  app: 'app',
  ephemeral: 'ephemeral',
};
const ROLES: readonly ContainerRole[] = ['sandbox', 'init', 'app', 'ephemeral'];

export type Labels = Readonly<Record<string, string>>;

export function labelsOf(identity: ContainerIdentity, node: string): Record<string, string> {
  return {
    [LABEL.podUid]: identity.pod.uid,
    [LABEL.podNamespace]: identity.pod.namespace,
    [LABEL.podName]: identity.pod.name,
    [LABEL.container]: identity.name,
    [LABEL.node]: node,
    [LABEL.role]: ROLE_LABEL[identity.role],
    [LABEL.attempt]: String(identity.attempt),
    [LABEL.backoff]: String(identity.backoffSeconds),
    [LABEL.image]: identity.image,
  };
}

/** What a container's labels say of it; undefined when it isn't one of ours. */
export function identityOf(labels: Labels, node: string): ContainerIdentity | undefined {
  const uid = labels[LABEL.podUid];
  const name = labels[LABEL.container];
  const role = roleOf(labels[LABEL.role]);
  if (uid === undefined || name === undefined || role === undefined || labels[LABEL.node] !== node) return undefined;
  return {
    pod: { uid, namespace: labels[LABEL.podNamespace] ?? '', name: labels[LABEL.podName] ?? '' },
    name,
    role,
    attempt: Number(labels[LABEL.attempt] ?? 0),
    backoffSeconds: Number(labels[LABEL.backoff] ?? 0),
    image: labels[LABEL.image] ?? '',
  };
}

function roleOf(label: string | undefined): ContainerRole | undefined {
  return ROLES.find((role) => ROLE_LABEL[role] === label);
}

/** The engine's name of a container, in the form that dockershim made known. */
export function engineName({ name, pod, attempt }: ContainerIdentity): string {
  return `k8s_${name}_${pod.name}_${pod.namespace}_${pod.uid}_${attempt}`;
}
