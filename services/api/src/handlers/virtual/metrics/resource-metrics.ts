import { Injectable } from '@nestjs/common';
import { conditionOf } from '@shiplog/kube';
import { KubeletUsage } from '@shiplog/service';
import { statusOf } from '@shiplog/apimachinery';
import type { ObjectOf, StoredObject } from '@shiplog/contracts';
import { ClusterCache } from '../../../cache/cluster-cache';
import { Clock } from '../../../common/clock';
import { throwStatus } from '../../../rest/errors';
import type { Selection } from '../../../rest/options';
import { chooser, inOrder } from '../../../rest/select';
import { renderNodeMetrics, renderPodMetrics } from '../render/metrics';
import type { VirtualSource } from '../virtual-source';

/** What metrics-server calls them where there are none. */
const NODES = { group: 'metrics.k8s.io', plural: 'nodemetrics', kind: 'NodeMetrics' };
const PODS = { group: 'metrics.k8s.io', plural: 'podmetrics', kind: 'PodMetrics' };

/**
 * `metrics.k8s.io`: what nodes and pods use, as metrics-server serves it. What no kubelet tells of is missing from lists, and
 * NotFound by its name.
 */
@Injectable()
export class ResourceMetrics {
  readonly nodes: VirtualSource = {
    list: (selection) => this.#ofNodes(this.#chosen('nodes', selection)),
    get: async (namespace, name) => one(await this.#ofNodes(this.#named('nodes', namespace, name)), NODES, name),
  };
  readonly pods: VirtualSource = {
    list: (selection) => this.#ofPods(this.#chosen('pods', selection)),
    get: async (namespace, name) =>
      one(await this.#ofPods(this.#named('pods', namespace, name)), PODS, `${namespace}/${name}`),
  };

  constructor(
    private readonly cluster: ClusterCache,
    private readonly usage: KubeletUsage,
    private readonly clock: Clock,
  ) {}

  async #ofNodes(nodes: readonly StoredObject[]): Promise<StoredObject[]> {
    const metrics = await Promise.all(
      nodes.map(async (node) => {
        const usage = this.#answers(node.metadata.name) ? await this.usage.node(node.metadata.name) : undefined;
        return usage === undefined ? undefined : renderNodeMetrics(node, usage, this.clock.now());
      }),
    );
    return metrics.filter((item) => item !== undefined);
  }

  async #ofPods(pods: readonly StoredObject[]): Promise<StoredObject[]> {
    const byNode = new Map<string, string[]>();
    for (const { metadata, spec } of pods as readonly ObjectOf<'pods'>[]) {
      const node = spec?.nodeName;
      if (node === undefined || node === '') continue;
      const others = byNode.get(node);
      if (others === undefined) byNode.set(node, [metadata.uid]);
      else others.push(metadata.uid);
    }
    const asked = [...byNode].filter(([node]) => this.#answers(node));
    const usages = await Promise.all(asked.map(([node, uids]) => this.usage.pods(node, uids)));
    const byUid = new Map(usages.flat().map((item) => [item.uid, item.containers]));
    const now = this.clock.now();
    return pods.flatMap((pod) => renderPodMetrics(pod, byUid.get(pod.metadata.uid) ?? [], now) ?? []);
  }

  /** One that is known to be away is not waited for. */
  #answers(node: string): boolean {
    const found = this.cluster.projection.get('nodes', '', node);
    return found !== undefined && conditionOf(found, 'Ready')?.status === 'True';
  }

  #chosen(resource: 'nodes' | 'pods', selection: Selection): StoredObject[] {
    return inOrder(this.cluster.projection.list(resource, selection.namespace).filter(chooser(selection)));
  }

  #named(resource: 'nodes' | 'pods', namespace: string, name: string): StoredObject[] {
    const found = this.cluster.projection.get(resource, namespace, name);
    return found === undefined ? [] : [found];
  }
}

function one([found]: readonly StoredObject[], resource: typeof PODS, name: string): StoredObject {
  return found ?? throwStatus(statusOf.notFound(resource, name));
}
