import type { BuiltIn } from '@shiplog/contracts';
import type { Random } from '../world/random';

type Labels = Readonly<Record<string, string>>;

/** A kind of objects that have pods made of a template. */
export interface WorkloadKind {
  readonly resource: BuiltIn;
  readonly kind: string;
  readonly apiVersion: string;
  /** What users ask of a new one, beside its template. */
  readonly asked: (random: Random, labels: Labels) => object;
  /** What of its spec they change later. */
  readonly changed: (random: Random) => object;
  /** What its pods are otherwise than others. */
  readonly pod?: object;
  /** Its pods are let be: what is known of their ends would go with them. */
  readonly keepsPods?: true;
}

const MOST_REPLICAS = 2;
/** Few of them, so that a template that was left is come back to. */
const IMAGES = ['busybox', 'busybox:1', 'busybox:2'];

/** What a container runs that comes to its end by itself. */
export const ENDS_WELL = ['true'] as const;

const replicas = (random: Random): number => random.whole(0, MOST_REPLICAS);

/** As many as asked for. */
const scaled = (random: Random): object => ({ replicas: replicas(random) });

/** Pods of another template, or as many as asked for. */
const rolled = (random: Random): object => (random.chance(0.5) ? withImage(random.pick(IMAGES)) : scaled(random));

function withImage(image: string): object {
  return { template: { spec: { containers: [{ name: 'main', image }] } } };
}

/** How many pods a Deployment may have beyond those wanted, and how many of these it may lack. */
const BUDGETS = [
  { maxSurge: 1, maxUnavailable: 0 },
  { maxSurge: 0, maxUnavailable: 1 },
];

/** Of a StatefulSet of so few pods, whether its update stops before the first of them. */
const partitioned = (random: Random): object => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: random.chance(0.3) ? 1 : 0 } },
});

/** Whether the pods of a DaemonSet go before others come, or after. */
const SURGES = [{ maxUnavailable: 1 }, { maxSurge: 1, maxUnavailable: 0 }];

/** Those whose users are simulated. */
export const WORKLOADS: readonly WorkloadKind[] = [
  {
    resource: 'replicationcontrollers',
    kind: 'ReplicationController',
    apiVersion: 'v1',
    asked: (random, labels) => ({ ...scaled(random), selector: labels }),
    changed: scaled,
  },
  {
    resource: 'replicasets.apps',
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    asked: (random, labels) => ({ ...scaled(random), selector: { matchLabels: labels } }),
    changed: scaled,
  },
  {
    resource: 'deployments.apps',
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    asked: (random, labels) => ({
      ...scaled(random),
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: random.pick(BUDGETS) },
    }),
    // Mostly it goes on after a pause: what is paused at the end has nothing that must be so.
    changed: (random) => (random.chance(0.2) ? { paused: random.chance(0.3) } : rolled(random)),
  },
  {
    resource: 'jobs.batch',
    kind: 'Job',
    apiVersion: 'batch/v1',
    asked: (random) => ({
      parallelism: random.whole(1, 3),
      completions: random.whole(1, 4),
      suspend: random.chance(0.2),
      // A failure ends it: to wait for another pod after some of them takes longer than a run.
      backoffLimit: 0,
    }),
    changed: (random) => (random.chance(0.5) ? { suspend: random.chance(0.3) } : { parallelism: random.whole(1, 3) }),
    pod: { restartPolicy: 'Never', containers: [{ name: 'main', image: IMAGES[0], command: ENDS_WELL }] },
    keepsPods: true,
  },
  {
    resource: 'statefulsets.apps',
    kind: 'StatefulSet',
    apiVersion: 'apps/v1',
    asked: (random, labels) => ({
      ...scaled(random),
      ...partitioned(random),
      selector: { matchLabels: labels },
      serviceName: 'w',
      podManagementPolicy: random.chance(0.7) ? 'OrderedReady' : 'Parallel',
    }),
    changed: (random) => (random.chance(0.2) ? partitioned(random) : rolled(random)),
  },
  {
    resource: 'daemonsets.apps',
    kind: 'DaemonSet',
    apiVersion: 'apps/v1',
    asked: (random, labels) => ({
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: random.pick(SURGES) },
    }),
    changed: (random) => withImage(random.pick(IMAGES)),
  },
];
