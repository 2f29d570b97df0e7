import type { ReadonlyCluster } from '@shiplog/cluster';
import type { ReconcileRequest, ObjectChange, Controller, ReconcileResult } from '../../runtime/domain/controller';
import { isPodFinished } from '../../domain/pods';
import { decideEndedPods, decideNodePods, decideUnscheduledPods, isForNoKubelet, isOutOfService } from './decide';

/** The key of the pods that have ended: which are too many is found by looking at all pods at once. */
const ENDED = 'ended';
/** The key of the pods that are to go and have no node. */
const UNSCHEDULED = 'unscheduled';
const NODE = 'node/';
const LOOK_EVERY_MS = 20_000;

export interface PodGcSettings {
  quarantineMs: number;
  endedPodsKept: number;
}

/** Removes pods that nobody else will. Keys: the names of nodes that pods are bound to, behind `node/`; `ended`; `unscheduled`. */
export class PodGcController implements Controller {
  readonly name = 'pod-gc';
  private readonly missingSince = new Map<string, number>();
  /** Whether a pod may have ended since it was last found that not too many have: all are looked at only then. It stays so while there is something to decide. */
  private mayHaveEnded = true;

  constructor(private readonly settings: PodGcSettings) {}

  readonly watches = {
    nodes: ({ before, after }: ObjectChange<'nodes'>) =>
      after === undefined || isOutOfService(after) ? [NODE + ((after ?? before)?.metadata.name ?? '')] : [],
    pods: ({ after }: ObjectChange<'pods'>, state: ReadonlyCluster) => {
      this.mayHaveEnded ||= after !== undefined && isPodFinished(after);
      return after !== undefined && isForNoKubelet(after) ? [UNSCHEDULED] : keysOf([after?.spec?.nodeName], state);
    },
  };

  allKeys(state: ReadonlyCluster): string[] {
    this.mayHaveEnded = true;
    return [ENDED, UNSCHEDULED, ...keysOf(new Set(state.list('pods').map(({ spec }) => spec?.nodeName)), state)];
  }

  reconcile(key: string, request: ReconcileRequest): ReconcileResult {
    if (key === ENDED) return this.reconcileEnded(request);
    const { state, now, observe } = request;
    const pods = state.list('pods');
    if (key === UNSCHEDULED) return decideUnscheduledPods(pods, LOOK_EVERY_MS);
    const name = key.slice(NODE.length);
    const node = state.get('nodes', '', name);
    const bound = pods.filter(({ spec }) => spec?.nodeName === name);
    if (node !== undefined || bound.length === 0) this.missingSince.delete(name);
    return decideNodePods({
      node,
      pods: bound,
      missingSinceMs: () => observe('missingSinceMs', () => this.sinceWhen(name, now.ms)),
      quarantineMs: this.settings.quarantineMs,
      lookEveryMs: LOOK_EVERY_MS,
      now,
    });
  }

  private reconcileEnded({ state }: ReconcileRequest): ReconcileResult {
    if (!this.mayHaveEnded) return { commands: [], requeueAfterMs: LOOK_EVERY_MS };
    const outcome = decideEndedPods(state.list('pods'), this.settings.endedPodsKept, LOOK_EVERY_MS);
    this.mayHaveEnded = outcome.commands.length > 0;
    return outcome;
  }

  private sinceWhen(node: string, nowMs: number): number {
    const since = this.missingSince.get(node) ?? nowMs;
    this.missingSince.set(node, since);
    return since;
  }
}

/** Of nodes that pods are bound to: those that are not there, or out of service. */
function keysOf(names: Iterable<string | undefined>, state: ReadonlyCluster): string[] {
  const concerned: string[] = [];
  for (const name of names) {
    if (name === undefined || name === '') continue;
    const node = state.get('nodes', '', name);
    if (node === undefined || isOutOfService(node)) concerned.push(NODE + name);
  }
  return concerned;
}
