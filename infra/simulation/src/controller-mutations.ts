import { ClusterState, type ReadonlyCluster } from '@shiplog/cluster';
import { splitKey, type BuiltIn, type ObjectOf, type StoredObject } from '@shiplog/contracts';
import { deletionOf } from '@shiplog/kube';
import { controllersProvider } from '../../../services/controller/src/controllers';
import type {
  Controller,
  PlannedCommand,
  ReconcileRequest,
  ReconcileResult,
} from '../../../services/controller/src/runtime/domain/controller';
import { NotedRequest } from '../../../services/controller/src/runtime/domain/noted-request';
import { Reconciler } from '../../../services/controller/src/runtime/reconciler';
import { isPodCreation } from './invariants/workload';
import { call, replace, type Method, type Mutation } from './mutation';

type Reconcile = (request: ReconcileRequest) => Promise<ReconcileResult>;

/** Has the controller of a name reconcile otherwise, in every process, and where its decisions are made again. */
function reconcileOtherwise(
  name: string,
  other: (reconcile: Reconcile, request: ReconcileRequest, key: string) => Promise<ReconcileResult>,
): () => void {
  const faulty = (controller: Controller): Controller =>
    Object.assign(Object.create(controller) as Controller, {
      reconcile: (key: string, request: ReconcileRequest) =>
        other(async (seen) => controller.reconcile(key, seen), request, key),
    });
  return replace(
    controllersProvider,
    'useFactory',
    (was) =>
      ((...given: unknown[]) =>
        (call(was, controllersProvider, given) as Controller[]).map((controller) =>
          controller.name === name ? faulty(controller) : controller,
        )) as Method,
  );
}

/** Has a controller plan something else than what it has come to. */
function replan(
  name: string,
  other: (commands: readonly PlannedCommand[], request: ReconcileRequest, key: string) => PlannedCommand[],
): () => void {
  return reconcileOtherwise(name, async (reconcile, request, key) => {
    const outcome = await reconcile(request);
    return { ...outcome, commands: other(outcome.commands, request, key) };
  });
}

/** The object, but for one thing of it. */
function but<T extends object, K extends keyof T & string>(object: T, name: K, other: (was: T[K]) => T[K]): T {
  return new Proxy(object, {
    get: (target, asked) => {
      const value: unknown = Reflect.get(target, asked, target);
      const own: unknown = typeof value === 'function' ? value.bind(target) : value;
      return asked === name ? other(own as T[K]) : own;
    },
  });
}

/** Has a controller read another spec of what it is there for than is asked. */
function misread<R extends BuiltIn>(
  name: string,
  resource: R,
  other: (spec: NonNullable<ObjectOf<R>['spec']>) => object,
): () => void {
  const misreadIn = (state: ReadonlyCluster): ReadonlyCluster =>
    but(
      state,
      'get',
      (get) =>
        ((...key: Parameters<typeof get>) => {
          const object = get(...key) as (StoredObject & { spec?: NonNullable<ObjectOf<R>['spec']> }) | undefined;
          if (key[0] !== resource || object?.spec === undefined) return object;
          return { ...object, spec: { ...object.spec, ...other(object.spec) } };
        }) as typeof get,
    );
  return reconcileOtherwise(name, (reconcile, request) => reconcile(but(request, 'state', misreadIn)));
}

/** Whenever a controller makes pods, it makes one of them twice. */
function makeOneMore(name: string): () => void {
  return replan(name, (commands) => {
    const made = commands.find(isPodCreation);
    return made === undefined ? [...commands] : [...commands, { ...made, id: undefined }];
  });
}

const TOO_MUCH = 'a controller makes or takes no more than is asked';
const WITHIN_BUDGET = 'an eviction leaves as many healthy pods as its budget asks for';

/** Faults of controllers. */
export const CONTROLLER_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'own-writes-unseen': {
    fault: 'a controller waits for no answer, and so not for what it has written either',
    found: ['a controller sees what it has written before it decides again'],
    install: () =>
      replace(
        Reconciler.prototype,
        'send' as keyof Reconciler,
        (was) =>
          function (this: Reconciler, ...given) {
            (call(was, this, given) as Promise<unknown>).catch(() => undefined);
            return Promise.resolve();
          } as Method,
      ),
  },
  'observations-unkept': {
    fault: 'the log lacks what controllers saw beyond the state',
    found: ['a recorded decision can be made again'],
    install: () => replace(NotedRequest.prototype, 'observed', () => (() => undefined) as Method),
  },
  'one-too-many': {
    fault: 'whenever pods are made for a ReplicationController, one more is made',
    found: [TOO_MUCH, 'as many pods are there as are asked for'],
    users: ['replicationcontrollers'],
    install: () => makeOneMore('replication'),
  },
  'budget-ignored': {
    fault: 'a Deployment gives up all pods of an old template as soon as it may give up one',
    found: [TOO_MUCH],
    users: ['deployments.apps'],
    install: () =>
      replan('deployments', (commands, { state }) =>
        commands.map((command) => {
          if (command.type !== 'PatchObject' || command.data.resource !== 'replicasets.apps') return command;
          const { namespace, name, patch } = command.data;
          const { spec, ...others } = patch as { spec?: { replicas?: number } };
          const replicas = spec?.replicas;
          const was = state.get('replicasets.apps', namespace, name)?.spec?.replicas ?? 1;
          if (replicas === undefined || replicas >= was) return command;
          return { ...command, data: { ...command.data, patch: { ...others, spec: { replicas: 0 } } } };
        }),
      ),
  },
  'counted-twice': {
    fault: 'a Job counts the first of its successes twice',
    found: ["each end of a Job's pods is counted once"],
    users: ['jobs.batch'],
    install: () =>
      replan('job', (commands) =>
        commands.map((command) => {
          if (command.type !== 'PatchObject' || command.data.resource !== 'jobs.batch') return command;
          const { status, ...others } = command.data.patch as { status?: { succeeded?: number } };
          if (status?.succeeded !== 1) return command;
          return { ...command, data: { ...command.data, patch: { ...others, status: { ...status, succeeded: 2 } } } };
        }),
      ),
  },
  'parallelism-ignored': {
    fault: 'a Job has one pod more at a time than it may',
    found: [TOO_MUCH],
    users: ['jobs.batch'],
    install: () => misread('job', 'jobs.batch', ({ parallelism = 1 }) => ({ parallelism: parallelism + 1 })),
  },
  'order-ignored': {
    fault: 'a StatefulSet that is ordered has its pods come and go all at once',
    found: [TOO_MUCH],
    users: ['statefulsets.apps'],
    install: () => misread('stateful-sets', 'statefulsets.apps', () => ({ podManagementPolicy: 'Parallel' })),
  },
  'partition-ignored': {
    fault: 'an update of a StatefulSet does not stop at its partition',
    found: [TOO_MUCH],
    users: ['statefulsets.apps'],
    install: () => misread('stateful-sets', 'statefulsets.apps', () => ({ updateStrategy: { type: 'RollingUpdate' } })),
  },
  'end-unawaited': {
    fault: 'a StatefulSet replaces a pod that is on its way out before its node says that it has ended',
    found: ["no two of a StatefulSet's pods run under one name"],
    users: ['statefulsets.apps'],
    install: () =>
      replan('stateful-sets', (commands, { state }, key) => {
        const { namespace, name } = splitKey(key);
        const pods = state.controlledBy('pods', state.get('statefulsets.apps', namespace, name)?.metadata.uid ?? '');
        const leaving = pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
        return [...commands, ...leaving.map((pod) => deletionOf('pods', pod, { gracePeriodSeconds: 0 }))];
      }),
  },
  'two-on-a-node': {
    fault: 'whenever a DaemonSet makes pods, it makes two for one node',
    found: ['a node has one pod of a DaemonSet, and one more where it may surge'],
    users: ['daemonsets.apps'],
    install: () => makeOneMore('daemon-sets'),
  },
  'nodes-all-at-once': {
    fault: 'a DaemonSet replaces its pods on all nodes at once',
    found: [TOO_MUCH],
    users: ['daemonsets.apps'],
    install: () =>
      misread('daemon-sets', 'daemonsets.apps', ({ updateStrategy }) => {
        const surges = Number(updateStrategy?.rollingUpdate?.maxSurge ?? 0) > 0;
        const rollingUpdate = surges ? { maxSurge: '100%', maxUnavailable: 0 } : { maxUnavailable: '100%' };
        return { updateStrategy: { type: 'RollingUpdate', rollingUpdate } };
      }),
  },
  'one-disruption-too-many': {
    fault: "a budget's controller allows one disruption more than its pods can spare",
    found: [WITHIN_BUDGET],
    users: ['poddisruptionbudgets.policy'],
    install: () =>
      replan('disruption', (commands) =>
        commands.map((command) => {
          if (command.type !== 'PatchObject' || command.data.resource !== 'poddisruptionbudgets.policy') return command;
          const { status, ...others } = command.data.patch as ObjectOf<'poddisruptionbudgets.policy'>;
          const disruptionsAllowed = (status?.disruptionsAllowed ?? 0) + 1;
          const patch = { ...others, status: { ...status, disruptionsAllowed } };
          return { ...command, data: { ...command.data, patch } };
        }),
      ),
  },
  'budgets-passed-over': {
    fault: 'the journal evicts pods whatever their budgets allow',
    found: [WITHIN_BUDGET],
    users: ['poddisruptionbudgets.policy'],
    install: () =>
      replace(
        ClusterState.prototype,
        'list',
        (was) =>
          function (this: ClusterState, ...given) {
            const objects = call(was, this, given) as ReturnType<ClusterState['list']>;
            if (given[0] !== 'poddisruptionbudgets.policy') return objects;
            // There it is read by who decides on evictions.
            return (objects as readonly ObjectOf<'poddisruptionbudgets.policy'>[]).map((budget) => ({
              ...budget,
              status: { ...budget.status, disruptionsAllowed: 1, observedGeneration: budget.metadata.generation },
            }));
          } as Method,
      ),
  },
};
