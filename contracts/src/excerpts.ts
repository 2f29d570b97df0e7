import type { ApiObjects } from './generated/kubernetes';
import type { BuiltIn } from './resources';

/**
 * Fields of an object, by name: the whole value of each, or some fields of it; of a list the same of each item, beside what
 * tells items apart.
 */
export interface Fields {
  readonly [name: string]: true | Fields;
}

/** The annotations with which a node tells the others where it is, in Flannel's form. */
export const FLANNEL_ANNOTATIONS = {
  data: 'flannel.alpha.coreos.com/backend-data',
  type: 'flannel.alpha.coreos.com/backend-type',
  manager: 'flannel.alpha.coreos.com/kube-subnet-manager',
  publicIp: 'flannel.alpha.coreos.com/public-ip',
} as const;

const annotations = Object.fromEntries(Object.values(FLANNEL_ANNOTATIONS).map((name) => [name, true] as const));

/** By this annotation a pod in the API is the mirror of a static pod: one that its node runs by itself, under the uid that it names. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

const mirrorAnnotation: Readonly<Record<string, true>> = { [MIRROR_ANNOTATION]: true };

const PORTS_OF_CONTAINERS = { name: true, ports: true } as const;

/**
 * Some fields of a resource's objects, as a channel of its own: an event is published on it only if it touches one of them,
 * and has no others (as a publication of Postgres with a list of columns). All that a role may know of these objects.
 */
export const EXCERPTS = {
  /** Where nodes are and which pod networks they have: what the way to other nodes' pods is made of. */
  routes: {
    of: 'nodes',
    fields: {
      apiVersion: true,
      kind: true,
      metadata: { name: true, uid: true, creationTimestamp: true, annotations },
      spec: { podCIDR: true, podCIDRs: true },
      status: { addresses: true },
    },
  },
  /** Who pods are to network policies, and where: whom rules choose, at which addresses and named ports. */
  peers: {
    of: 'pods',
    fields: {
      apiVersion: true,
      kind: true,
      metadata: {
        namespace: true,
        name: true,
        uid: true,
        creationTimestamp: true,
        labels: true,
        annotations: mirrorAnnotation,
      },
      spec: {
        hostNetwork: true,
        containers: PORTS_OF_CONTAINERS,
        initContainers: { ...PORTS_OF_CONTAINERS, restartPolicy: true },
      },
      status: { phase: true, podIP: true, podIPs: true },
    },
  },
  /** What namespaces are chosen by. */
  labels: {
    of: 'namespaces',
    fields: {
      apiVersion: true,
      kind: true,
      metadata: { name: true, uid: true, creationTimestamp: true, labels: true },
    },
  },
} as const satisfies Readonly<Record<string, { readonly of: BuiltIn; readonly fields: Fields }>>;

export type ExcerptName = keyof typeof EXCERPTS;

/** An object as an excerpt has it: to read a field that is not sent does not compile. */
export type ExcerptOf<E extends ExcerptName> = Only<
  ApiObjects[(typeof EXCERPTS)[E]['of']],
  (typeof EXCERPTS)[E]['fields']
>;

type Only<T, F> = F extends true
  ? T
  : T extends readonly (infer I)[]
    ? Only<I, F>[]
    : T extends object
      ? { [K in keyof T as K extends keyof F ? K : never]: Only<T[K], F[K & keyof F]> }
      : T;

export const EXCERPT_NAMES = Object.keys(EXCERPTS) as ExcerptName[];
