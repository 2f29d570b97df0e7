import type { BuiltIn } from './resources';
import { POLICY_ANNOTATION } from './scheduling-policies';

/**
 * What is kept of a value. Without `fields`, all of it; with them, those fields of an object, and of a list the same of each
 * item. Nothing but `fields` and `only` decides what is kept: `shared` is about memory alone.
 */
export interface FieldMask {
  /** What tells items of a list apart (see LIST_KEYS) is kept beside them. */
  readonly fields?: Readonly<Record<string, FieldMask>>;
  /** Of a list of conditions: those of these types. */
  readonly only?: readonly string[];
  /** Many objects say the same here: equal values are held once. Not inside of a list. */
  readonly shared?: true;
}

/**
 * What a service keeps of the objects that it follows: what it looks at, and nothing else. What its deciders read is in it
 * (a spec has them read objects that refuse everything else), and the journal proves it by a hash as it proves whole objects.
 */
export interface View {
  readonly name: string;
  /** Those that are not named here are kept as `others` says. */
  readonly resources: { readonly [R in BuiltIn]?: FieldMask };
  /** Not there: whole. */
  readonly others?: FieldMask;
}

const ALL: FieldMask = {};
const SHARED: FieldMask = { shared: true };
const of = (fields: Readonly<Record<string, FieldMask>>): FieldMask => ({ fields });
const sharedOf = (fields: Readonly<Record<string, FieldMask>>): FieldMask => ({ fields, shared: true });

/** What names an object, and in which version. */
const IDENTITY = { namespace: SHARED, name: ALL, uid: ALL, resourceVersion: ALL, creationTimestamp: ALL };
const TYPE = { apiVersion: SHARED, kind: SHARED };
const PORTS = { ports: ALL };
const REQUESTS = of({ requests: ALL });
const GIVEN = { name: ALL, resources: REQUESTS, allocatedResources: ALL };

/** Of a pod's volumes: which claims are its own. */
const CLAIMED: FieldMask = of({ name: ALL, persistentVolumeClaim: of({ claimName: ALL }), ephemeral: ALL });

/** Which policy is to decide. */
const POLICY_CHOICE = of({ [POLICY_ANNOTATION]: SHARED });

const SCHEDULED_POD: FieldMask = of({
  ...TYPE,
  metadata: of({
    ...IDENTITY,
    deletionTimestamp: ALL,
    labels: SHARED,
    ownerReferences: SHARED,
    annotations: POLICY_CHOICE,
  }),
  spec: of({
    nodeName: SHARED,
    schedulerName: SHARED,
    schedulingGates: ALL,
    priority: ALL,
    preemptionPolicy: SHARED,
    nodeSelector: SHARED,
    affinity: SHARED,
    topologySpreadConstraints: SHARED,
    tolerations: SHARED,
    containers: sharedOf({ ...PORTS, resources: REQUESTS, image: ALL }),
    initContainers: sharedOf({ ...PORTS, resources: REQUESTS, image: ALL, restartPolicy: ALL }),
    resources: { ...REQUESTS, shared: true },
    overhead: SHARED,
    volumes: CLAIMED,
  }),
  status: of({
    phase: SHARED,
    startTime: ALL,
    nominatedNodeName: SHARED,
    conditions: {
      only: ['PodScheduled', 'PodResizePending', 'DisruptionTarget'],
      ...sharedOf({ status: ALL, reason: ALL, message: ALL }),
    },
    // What containers have while they are resized.
    containerStatuses: sharedOf(GIVEN),
    initContainerStatuses: sharedOf(GIVEN),
  }),
});

/** What chooses pods. */
const SELECTING: FieldMask = of({ ...TYPE, metadata: of(IDENTITY), spec: of({ selector: SHARED }) });

const VOLUME_ANNOTATIONS = of({
  'pv.kubernetes.io/bind-completed': ALL,
  'volume.kubernetes.io/selected-node': SHARED,
  'volume.beta.kubernetes.io/storage-class': SHARED,
});

/** The scheduler rates nodes by what they offer, and pods by what they ask for, of nodes and of each other. */
export const SCHEDULER_VIEW: View = {
  name: 'scheduler',
  resources: {
    pods: SCHEDULED_POD,
    nodes: of({
      ...TYPE,
      metadata: of({ ...IDENTITY, labels: ALL }),
      spec: of({ taints: ALL, unschedulable: ALL }),
      // Nodes that run the same have the same images, mostly.
      status: of({ allocatable: ALL, capacity: ALL, images: SHARED }),
    }),
    // Pods that say nothing of it are spread among those that these choose.
    services: SELECTING,
    replicationcontrollers: SELECTING,
    'replicasets.apps': SELECTING,
    'statefulsets.apps': SELECTING,
    // By whose labels pods mean those of other namespaces.
    namespaces: of({ ...TYPE, metadata: of({ ...IDENTITY, labels: SHARED, annotations: POLICY_CHOICE }) }),
    'poddisruptionbudgets.policy': of({
      ...TYPE,
      metadata: of(IDENTITY),
      spec: of({ selector: SHARED }),
      status: of({ disruptionsAllowed: ALL, disruptedPods: ALL }),
    }),
    persistentvolumeclaims: of({
      ...TYPE,
      metadata: of({ ...IDENTITY, deletionTimestamp: ALL, ownerReferences: SHARED, annotations: VOLUME_ANNOTATIONS }),
      spec: ALL,
      status: of({ phase: SHARED }),
    }),
    persistentvolumes: of({
      ...TYPE,
      metadata: of({ ...IDENTITY, deletionTimestamp: ALL, labels: SHARED, annotations: VOLUME_ANNOTATIONS }),
      spec: of({
        accessModes: SHARED,
        capacity: SHARED,
        claimRef: ALL,
        nodeAffinity: SHARED,
        storageClassName: SHARED,
        volumeMode: SHARED,
      }),
      status: of({ phase: SHARED }),
    }),
    'schedulingpolicies.scheduling.shiplog.dev': of({
      ...TYPE,
      metadata: of({ ...IDENTITY, generation: ALL }),
      spec: ALL,
    }),
    'storageclasses.storage.k8s.io': of({
      ...TYPE,
      metadata: of(IDENTITY),
      provisioner: ALL,
      volumeBindingMode: ALL,
      allowedTopologies: ALL,
    }),
  },
};

/** What garbage collection and the end of a namespace look at, of an object of any kind. */
const COLLECTED = { ...IDENTITY, deletionTimestamp: ALL, finalizers: SHARED, ownerReferences: SHARED };

/** On which node alone a DaemonSet wants a pod to be. */
const PINNED: FieldMask = sharedOf({
  nodeAffinity: of({
    requiredDuringSchedulingIgnoredDuringExecution: of({ nodeSelectorTerms: of({ matchFields: ALL }) }),
  }),
});

/** How containers ended, and how often they were started again. */
const CONTAINER_ENDS: FieldMask = sharedOf({
  restartCount: ALL,
  state: of({ terminated: of({ exitCode: ALL, finishedAt: ALL }) }),
});

const CONTROLLED_POD: FieldMask = of({
  ...TYPE,
  metadata: of({
    ...COLLECTED,
    deletionGracePeriodSeconds: ALL,
    labels: SHARED,
    annotations: sharedOf({
      'controller.kubernetes.io/pod-deletion-cost': ALL,
      'batch.kubernetes.io/job-completion-index': ALL,
      'batch.kubernetes.io/job-index-failure-count': ALL,
      'batch.kubernetes.io/job-index-ignored-failure-count': ALL,
    }),
  }),
  spec: of({
    nodeName: SHARED,
    hostname: SHARED,
    subdomain: SHARED,
    tolerations: SHARED,
    affinity: PINNED,
    volumes: CLAIMED,
    containers: sharedOf({ ...PORTS, resources: REQUESTS }),
    initContainers: sharedOf({ resources: REQUESTS, restartPolicy: ALL }),
  }),
  status: of({
    phase: SHARED,
    startTime: ALL,
    podIP: ALL,
    podIPs: ALL,
    // Of every type: a Job's failure policy may name any.
    conditions: of({ status: ALL, lastTransitionTime: ALL, reason: SHARED }),
    containerStatuses: CONTAINER_ENDS,
    initContainerStatuses: CONTAINER_ENDS,
  }),
});

/**
 * The controllers look at all that they make, manage or write back whole, and at a part of pods. Of every other kind they
 * are asked only whether it is still owned, or held by its namespace.
 */
export const CONTROLLER_VIEW: View = {
  name: 'controller',
  resources: {
    pods: CONTROLLED_POD,
    configmaps: of({ ...TYPE, metadata: of(COLLECTED), data: sharedOf({ 'ca.crt': SHARED }) }),
    namespaces: ALL,
    nodes: ALL,
    replicationcontrollers: ALL,
    'replicasets.apps': ALL,
    'deployments.apps': ALL,
    'statefulsets.apps': ALL,
    'daemonsets.apps': ALL,
    'controllerrevisions.apps': ALL,
    'jobs.batch': ALL,
    'cronjobs.batch': ALL,
    'horizontalpodautoscalers.autoscaling': ALL,
    'poddisruptionbudgets.policy': ALL,
    persistentvolumes: ALL,
    persistentvolumeclaims: ALL,
    'storageclasses.storage.k8s.io': ALL,
    resourcequotas: ALL,
    services: ALL,
    endpoints: ALL,
    'endpointslices.discovery.k8s.io': ALL,
    'apiservices.apiregistration.k8s.io': ALL,
    'certificatesigningrequests.certificates.k8s.io': ALL,
    'clusterroles.rbac.authorization.k8s.io': ALL,
    // Who may ask for what without anybody's decision.
    'clusterrolebindings.rbac.authorization.k8s.io': ALL,
    events: of({
      ...TYPE,
      metadata: of(COLLECTED),
      lastTimestamp: ALL,
      eventTime: ALL,
      series: of({ lastObservedTime: ALL }),
    }),
    // Of which the catalog is made.
    'customresourcedefinitions.apiextensions.k8s.io': ALL,
  },
  others: of({ ...TYPE, metadata: of(COLLECTED) }),
};

/** Every view that the journal proves. */
export const VIEWS: readonly View[] = [SCHEDULER_VIEW, CONTROLLER_VIEW];
