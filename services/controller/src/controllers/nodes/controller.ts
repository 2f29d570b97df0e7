import type { ReadonlyCluster } from '@shiplog/cluster';
import type { Taint } from '@shiplog/contracts';
import { conditionOf, type StoredNode } from '@shiplog/kube';
import {
  SETTLED,
  type ReconcileRequest,
  type ObjectChange,
  type Controller,
  type ReconcileResult,
} from '../../runtime/domain/controller';
import { timeOf } from '../../domain/pods';
import { decideConditions, isNodeReady, isSilent } from './conditions';
import { decideEviction } from './eviction';
import { decideLostPods } from './lost-pods';
import { decideTaints, nameOf } from './taints';
import type { Heartbeats } from './heartbeats';

/** Follows each node's heartbeats to their consequences: conditions, taints, pods driven out. Keys: names of nodes. */
export class NodeLifecycleController implements Controller {
  readonly name = 'nodes';
  /** When taints without a time were first seen, by node. */
  private readonly seen = new Map<string, Map<string, number>>();
  /** The names of the nodes that are ready. */
  private readonly ready = new Set<string>();

  constructor(
    private readonly heartbeats: Heartbeats,
    private readonly graceMs: number,
    private readonly clock: () => number,
  ) {}

  readonly watches = {
    nodes: (change: ObjectChange<'nodes'>, state: ReadonlyCluster) => this.keysOfNode(change, state),
    pods: ({ after }: ObjectChange<'pods'>, state: ReadonlyCluster) => keysOfPod(after?.spec?.nodeName, state),
  };

  allKeys(state: ReadonlyCluster): string[] {
    const nodes = state.list('nodes');
    this.ready.clear();
    for (const node of nodes) if (isNodeReady(node)) this.ready.add(node.metadata.name);
    return nodes.map((node) => node.metadata.name);
  }

  reconcile(key: string, request: ReconcileRequest): ReconcileResult {
    const { state, now } = request;
    const node = state.get('nodes', '', key);
    if (node === undefined) return SETTLED;
    const heard = request.observe('heard', () => ({
      silentMs: this.heartbeats.silence(key, timeOf(node.metadata.creationTimestamp)),
      lastHeardMs: this.heartbeats.lastHeard(key),
    }));
    const view = { node, ...heard, graceMs: this.graceMs, now };
    const conditions = decideConditions(view);
    // Each step follows from what the one before has written: the next attempt sees it.
    if (conditions.commands.length > 0) return conditions;
    const someNodeReady = (): boolean => state.list('nodes').some(isNodeReady);
    const taints = decideTaints({ node, someNodeReady, now });
    const pods = podsOn(state, key);
    const lost = isSilent(view) ? decideLostPods(pods(), now) : SETTLED;
    const firstSeenMs = (taint: Taint): number =>
      request.observe(`seen ${nameOf(taint)}`, () => this.firstSeen(key, taint, now.ms));
    const stored = node.spec?.taints ?? [];
    const driven = stored.some((taint) => taint.effect === 'NoExecute') && taints.commands.length === 0;
    const evicted = driven ? decideEviction({ taints: stored, pods: pods(), firstSeenMs, now }) : SETTLED;
    this.forgetTaints(key, stored);
    return merge([conditions, taints, lost, evicted]);
  }

  private keysOfNode({ before, after }: ObjectChange<'nodes'>, state: ReadonlyCluster): string[] {
    const name = (after ?? before)?.metadata.name ?? '';
    if (after === undefined) this.heartbeats.forget(name);
    else if (hasReported(before, after)) this.heartbeats.heard(name, this.clock());
    const wasAnyReady = this.ready.size > 0;
    if (after !== undefined && isNodeReady(after)) this.ready.add(name);
    else this.ready.delete(name);
    // The others ask of a node only whether any at all is ready.
    if (this.ready.size > 0 !== wasAnyReady) return this.allKeys(state);
    return after === undefined ? [] : [name];
  }

  private firstSeen(node: string, taint: Taint, nowMs: number): number {
    const taints = this.seen.get(node) ?? new Map<string, number>();
    this.seen.set(node, taints);
    const at = taints.get(nameOf(taint)) ?? nowMs;
    taints.set(nameOf(taint), at);
    return at;
  }

  private forgetTaints(node: string, stored: readonly Taint[]): void {
    const taints = this.seen.get(node);
    const names = new Set(stored.map(nameOf));
    for (const name of taints?.keys() ?? []) if (!names.has(name)) taints?.delete(name);
  }
}

/** A kubelet that says how its node is lives, also when its next heartbeat is yet to come. */
function hasReported(before: StoredNode | undefined, after: StoredNode): boolean {
  const ready = conditionOf(after, 'Ready');
  return ready !== undefined && ready.status !== 'Unknown' && before?.status !== after.status;
}

/** A pod's change matters where its node drives pods out or is lost. */
function keysOfPod(nodeName: string | undefined, state: ReadonlyCluster): string[] {
  const node = nodeName === undefined ? undefined : state.get('nodes', '', nodeName);
  if (node === undefined) return [];
  const matters =
    conditionOf(node, 'Ready')?.status === 'Unknown' ||
    node.spec?.taints?.some((taint) => taint.effect === 'NoExecute') === true;
  return matters ? [node.metadata.name] : [];
}

function podsOn(state: ReadonlyCluster, node: string) {
  return () => state.list('pods').filter((pod) => pod.spec?.nodeName === node);
}

function merge(parts: readonly ReconcileResult[]): ReconcileResult {
  const waits = parts.flatMap(({ requeueAfterMs }) => requeueAfterMs ?? []);
  return {
    commands: parts.flatMap(({ commands }) => commands),
    notes: parts.flatMap(({ notes = [] }) => notes),
    requeueAfterMs: waits.length === 0 ? undefined : Math.min(...waits),
  };
}
