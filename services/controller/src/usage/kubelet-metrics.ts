import { Injectable } from '@nestjs/common';
import type { ReadonlyCluster } from '@shiplog/cluster';
import { isConditionTrue, type StoredPod } from '@shiplog/kube';
import { KubeletUsage } from '@shiplog/service';
import { NO_ADAPTER, type ContainerUsage, type MetricSources } from '../controllers/autoscaling/sources';

/** What pods use by their kubelets' word. One whose node is known to be away is not waited for. */
@Injectable()
export class KubeletMetrics implements MetricSources {
  readonly custom = NO_ADAPTER;

  constructor(private readonly usage: KubeletUsage) {}

  async usageOf(
    state: ReadonlyCluster,
    pods: readonly StoredPod[],
  ): Promise<ReadonlyMap<string, readonly ContainerUsage[]>> {
    const asked = [...byNode(pods)].filter(([node]) => answers(state, node));
    const told = await Promise.all(asked.map(([node, uids]) => this.usage.pods(node, uids)));
    return new Map(told.flat().map(({ uid, containers }): [string, readonly ContainerUsage[]] => [uid, containers]));
  }
}

function byNode(pods: readonly StoredPod[]): Map<string, string[]> {
  const nodes = new Map<string, string[]>();
  for (const { metadata, spec } of pods) {
    if (spec?.nodeName === undefined || spec.nodeName === '') continue;
    const others = nodes.get(spec.nodeName);
    if (others === undefined) nodes.set(spec.nodeName, [metadata.uid]);
    else others.push(metadata.uid);
  }
  return nodes;
}

function answers(state: ReadonlyCluster, name: string): boolean {
  const node = state.get('nodes', '', name);
  return node !== undefined && isConditionTrue(node, 'Ready');
}
