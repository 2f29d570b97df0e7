import type { Container, ObjectMeta, PodSpec, SecurityContext } from '@shiplog/contracts';

/** A pod, or the template of pods, as the checks see it. */
export interface CheckedPod {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  /** All containers that it has or had: init, app, ephemeral. */
  readonly containers: readonly Container[];
}

/** How a pod breaks a rule: in general, and in particular. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** A rule of the Pod Security Standards, since a minor version of Kubernetes. */
export interface Check {
  /** As Kubernetes calls it. */
  readonly id: string;
  readonly level: 'baseline' | 'restricted';
  /** Its forms, oldest first: each is the rule from its version on, until there is a newer one. */
  readonly versions: readonly { readonly since: number; check(pod: CheckedPod): Violation | undefined }[];
  /** Of the baseline, checks that it says more than. */
  readonly overrides?: string;
  /** Since when it does. */
  readonly overridesSince?: number;
}

export function checkedPod(metadata: ObjectMeta | undefined, spec: PodSpec): CheckedPod {
  const { initContainers = [], containers, ephemeralContainers = [] } = spec;
  return {
    annotations: metadata?.annotations ?? {},
    spec,
    containers: [...initContainers, ...containers, ...ephemeralContainers],
  };
}

/** Names of the containers whose security context is as a rule says; one without any is an empty one. */
export function containersThat({ containers }: CheckedPod, rule: (context: SecurityContext) => boolean): string[] {
  return containers.filter(({ securityContext = {} }) => rule(securityContext)).map(({ name }) => name);
}
