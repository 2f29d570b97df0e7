import type { KubeStatus, ObjectOf, OwnerReference, ResourceId } from '@shiplog/contracts';
import type { Note, PlannedCommand, Refusal } from '../runtime/domain/controller';

type Template = NonNullable<NonNullable<ObjectOf<'replicationcontrollers'>['spec']>['template']>;
type PodSpec = NonNullable<Template['spec']>;

/** Pods made or deleted in one attempt, at most: keeps one large controller from filling the journal's batches. */
export const MOST_PODS_AT_ONCE = 500;

/** A pod to be made of a template. */
export interface NewPod {
  readonly namespace: string;
  readonly template: Template | undefined;
  readonly owner: OwnerReference;
  /** Its name; without one it gets five characters after `namePrefix`. */
  readonly name?: string;
  /** The owner's name and a dash unless given; also a pod with a name tells it. */
  readonly namePrefix?: string;
  /**
   * Names the command, so that deciding twice on one state makes the pod once: it has to say all that this wish differs in
   * from any other, the position of the state for one. Not after a refusal: that is the answer to its id for good.
   */
  readonly id?: string;
  /** Beside those of the template. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  /** Of the template unless given. */
  readonly spec?: PodSpec;
}

/** Makes a pod as Kubernetes' controllers do (GetPodFromTemplate): labels, annotations and finalizers of the template, owned. */
export function createPod({ namespace, template, owner, name, namePrefix, id, ...given }: NewPod): PlannedCommand {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const metadata = {
    ...(name !== undefined && { name }),
    generateName: namePrefix ?? podNamePrefix(owner.name),
    namespace,
    labels: merged(labels, given.labels),
    annotations: merged(annotations, given.annotations),
    finalizers: given.finalizers === undefined ? finalizers : [...(finalizers ?? []), ...given.finalizers],
    ownerReferences: [owner],
  };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata, spec: given.spec ?? template?.spec };
  return { type: 'CreateObject', ...(id !== undefined && { id }), data: { resource: 'pods', namespace, object } };
}

/** Why the journal refused to make an object of a resource in the attempt before, if it did. */
export function refusedCreation(refused: readonly Refusal[], resource: ResourceId = 'pods'): KubeStatus | undefined {
  return refused.find(({ command }) => command.type === 'CreateObject' && command.data.resource === resource)?.status;
}

/** What a user reads on an object about a thing that could not be done for it, for example `Error creating: …`. */
export function warningOn(
  about: { readonly resource: ResourceId; readonly namespace?: string; readonly name: string; readonly uid: string },
  component: string,
  reason: string,
  message: string,
): Note {
  const { resource, namespace = '', name, uid } = about;
  return { type: 'Warning', reason, message, component, host: '', about: { resource, namespace, name, uid } };
}

/** A refusal in one line. */
export function messageOf({ message, reason }: KubeStatus, otherwise = 'the pod was refused'): string {
  return message ?? reason ?? otherwise;
}

/** Leaves room for the five generated characters and the dash in a pod's name of 253. */
function podNamePrefix(name: string): string {
  return `${name.slice(0, 247)}-`;
}

function merged(
  a: Readonly<Record<string, string>> | undefined,
  b: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  return a === undefined ? b : b === undefined ? a : { ...a, ...b };
}
