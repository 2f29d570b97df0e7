import type { ObjectOf, OwnerReference } from '@shiplog/contracts';
import { patchOf } from '@shiplog/kube';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { timeOf } from '../../domain/pods';
import { DESIRED_REPLICAS, inheritedAnnotations, MAX_REPLICAS, type Annotations } from './annotations';
import { maxSurge, wantedReplicas, type Deployment } from './budget';
import { HASH_LABEL, hashedTemplate } from './template';

export type ReplicaSet = ObjectOf<'replicasets.apps'>;

const RESOURCE = 'replicasets.apps';

/** A ReplicaSet, and what one decision makes of it: all of it goes out as one command. */
export class SetPlan {
  replicas: number;
  annotations: Annotations;
  minReadySeconds: number;

  constructor(
    readonly set: ReplicaSet,
    /** It is yet to be made. */
    readonly isNew = false,
  ) {
    this.replicas = set.spec?.replicas ?? 1;
    this.annotations = set.metadata.annotations ?? {};
    this.minReadySeconds = set.spec?.minReadySeconds ?? 0;
  }

  get name(): string {
    return this.set.metadata.name;
  }

  /** Its pods that are known to be available, and not about to go: what it says of them may be of before it was scaled down. */
  get available(): number {
    return Math.min(this.set.status?.availableReplicas ?? 0, this.replicas);
  }

  get isGoing(): boolean {
    return this.set.metadata.deletionTimestamp !== undefined;
  }

  /** Has it as many pods, as part of what its Deployment wants now. Answers whether it had another number. */
  scaleTo(replicas: number, deployment: Deployment): boolean {
    const changes = replicas !== this.replicas;
    this.replicas = replicas;
    const wanted = wantedReplicas(deployment);
    this.annotations = {
      ...this.annotations,
      [DESIRED_REPLICAS]: String(wanted),
      [MAX_REPLICAS]: String(wanted + maxSurge(deployment)),
    };
    return changes;
  }

  /** What makes it so; undefined where it is. Another's change since it was seen refuses it. */
  command(): PlannedCommand | undefined {
    const { set, replicas, minReadySeconds } = this;
    if (this.isNew) return this.creation();
    const before = set.metadata.annotations ?? {};
    const annotations = Object.fromEntries(
      Object.entries(this.annotations).filter(([name, value]) => before[name] !== value),
    );
    const spec = {
      ...(replicas === (set.spec?.replicas ?? 1) ? {} : { replicas }),
      ...(minReadySeconds === (set.spec?.minReadySeconds ?? 0) ? {} : { minReadySeconds }),
    };
    const hasAnnotations = Object.keys(annotations).length > 0;
    const hasSpec = Object.keys(spec).length > 0;
    if (!hasAnnotations && !hasSpec) return undefined;
    const patch = { ...(hasAnnotations && { metadata: { annotations } }), ...(hasSpec && { spec }) };
    return patchOf(RESOURCE, set, patch, { asSeen: true });
  }

  private creation(): PlannedCommand {
    const { set, replicas, annotations } = this;
    const { name, namespace = '', labels, ownerReferences } = set.metadata;
    const metadata = { name, namespace, labels, annotations, ownerReferences };
    const object = { apiVersion: set.apiVersion, kind: set.kind, metadata, spec: { ...set.spec, replicas } };
    return { type: 'CreateObject', data: { resource: RESOURCE, namespace, object } };
  }
}

/** The set that a Deployment's present template is to have, with no pods as yet. */
export function newSet(deployment: Deployment, owner: OwnerReference, name: string, hash: string): SetPlan {
  const { selector = {}, template = {}, minReadySeconds } = deployment.spec ?? {};
  const hashed = hashedTemplate(template, hash);
  const spec = {
    replicas: 0,
    ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
    selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
    template: hashed,
  };
  const metadata = {
    ...{ name, namespace: deployment.metadata.namespace, uid: '', resourceVersion: '', creationTimestamp: '' },
    labels: hashed.metadata?.labels,
    annotations: inheritedAnnotations(deployment.metadata.annotations),
    ownerReferences: [owner],
  };
  return new SetPlan({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec } as ReplicaSet, true);
}

/** The oldest first. */
export function byAge(a: SetPlan, b: SetPlan): number {
  const order = timeOf(a.set.metadata.creationTimestamp) - timeOf(b.set.metadata.creationTimestamp);
  return order !== 0 ? order : a.name < b.name ? -1 : 1;
}

/** How many pods sets are to have together. */
export function totalOf(sets: readonly SetPlan[]): number {
  return sets.reduce((sum, { replicas }) => sum + replicas, 0);
}
