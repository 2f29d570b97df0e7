import type { ReconcileRequest, ObjectChange, Controller, ReconcileResult } from '../../runtime/domain/controller';
import { decidePodGc } from './decide';

/** One key: what is to go is found by looking at all pods at once. */
const ALL_PODS = 'pods';
const LOOK_EVERY_MS = 20_000;

export interface PodGcSettings {
  quarantineMs: number;
  endedPodsKept: number;
}

/** Removes pods that nobody else will. */
export class PodGcController implements Controller {
  readonly name = 'pod-gc';
  private readonly missingSince = new Map<string, number>();

  constructor(private readonly settings: PodGcSettings) {}

  readonly watches = {
    nodes: ({ after }: ObjectChange<'nodes'>) => (after === undefined ? [ALL_PODS] : []),
  };

  allKeys(): string[] {
    return [ALL_PODS];
  }

  reconcile(_key: string, { state, now }: ReconcileRequest): ReconcileResult {
    const nodes = new Map(state.list('nodes').map((node) => [node.metadata.name, node]));
    for (const name of this.missingSince.keys()) if (nodes.has(name)) this.missingSince.delete(name);
    const missingSinceMs = (node: string): number => {
      const since = this.missingSince.get(node) ?? now.ms;
      this.missingSince.set(node, since);
      return since;
    };
    const { commands } = decidePodGc({ nodes, pods: state.list('pods'), missingSinceMs, ...this.settings, now });
    const waits = this.missingSince.size > 0 ? Math.min(LOOK_EVERY_MS, this.settings.quarantineMs) : LOOK_EVERY_MS;
    return { commands, requeueAfterMs: Math.max(waits, 50) };
  }
}
