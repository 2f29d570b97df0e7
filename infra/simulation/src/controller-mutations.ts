import { deploymentController } from '../../../services/controller/src/controllers/deployments/controller';
import { jobController } from '../../../services/controller/src/controllers/jobs/controller';
import { replicationController } from '../../../services/controller/src/controllers/replication/controller';
import type {
  Controller,
  PlannedCommand,
  ReconcileRequest,
  ReconcileResult,
} from '../../../services/controller/src/runtime/domain/controller';
import { NotedRequest } from '../../../services/controller/src/runtime/domain/noted-request';
import { Reconciler } from '../../../services/controller/src/runtime/reconciler';
import { call, replace, type Method, type Mutation } from './mutation';

/** What a controller plans instead of what it has come to. */
type Replanned = (commands: readonly PlannedCommand[], request: ReconcileRequest) => PlannedCommand[];

/** Has a controller plan something else. */
function replan(controller: Controller, other: Replanned): () => void {
  return replace(
    controller,
    'reconcile',
    (was) =>
      async function (this: Controller, key: string, request: ReconcileRequest) {
        const outcome = (await call(was, this, [key, request])) as ReconcileResult;
        return { ...outcome, commands: other(outcome.commands, request) };
      } as Method,
  );
}

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
    found: ['a controller makes or takes no more than is asked', 'as many pods are there as are asked for'],
    install: () =>
      replan(replicationController, (commands) => {
        const made = commands.find(({ type }) => type === 'CreateObject');
        return made === undefined ? [...commands] : [...commands, { ...made, id: undefined }];
      }),
  },
  'budget-ignored': {
    fault: 'a Deployment gives up all pods of an old template as soon as it may give up one',
    found: ['a controller makes or takes no more than is asked'],
    users: ['deployments.apps'],
    install: () =>
      replan(deploymentController, (commands, { state }) =>
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
    install: () =>
      replan(jobController, (commands) =>
        commands.map((command) => {
          if (command.type !== 'PatchObject' || command.data.resource !== 'jobs.batch') return command;
          const { status, ...others } = command.data.patch as { status?: { succeeded?: number } };
          if (status?.succeeded !== 1) return command;
          return { ...command, data: { ...command.data, patch: { ...others, status: { ...status, succeeded: 2 } } } };
        }),
      ),
  },
};
