import { canonicalQuantity } from '@shiplog/apimachinery';
import type { NodeMetrics, NodeUsage, PodMetrics, StoredObject } from '@shiplog/contracts';
import { goDurationOf, kubernetesTime } from '@shiplog/kube';

/** What something used at a moment. */
export type MeasuredUsage = NonNullable<NodeUsage['node']>;
export type ContainerUsage = NodeUsage['pods'][number]['containers'][number];

const API_VERSION = 'metrics.k8s.io/v1beta1';

/** What a Node used, as metrics-server shows it: it has the Node's labels, and was made now. */
export function renderNodeMetrics({ metadata }: StoredObject, usage: MeasuredUsage, now: number): StoredObject {
  const { name, labels } = metadata;
  const metrics: NodeMetrics = {
    kind: 'NodeMetrics',
    apiVersion: API_VERSION,
    metadata: { name, creationTimestamp: kubernetesTime(now), ...(labels === undefined ? {} : { labels }) },
    timestamp: kubernetesTime(usage.time),
    window: goDurationOf(usage.windowMs),
    usage: amountsOf(usage),
  };
  return metrics as object as StoredObject;
}

/** As `renderNodeMetrics`; undefined for a pod of which nothing runs. */
export function renderPodMetrics(
  { metadata }: StoredObject,
  containers: readonly ContainerUsage[],
  now: number,
): StoredObject | undefined {
  const [first, ...others] = [...containers].sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  if (first === undefined) return undefined;
  const { name, namespace, labels } = metadata;
  const metrics: PodMetrics = {
    kind: 'PodMetrics',
    apiVersion: API_VERSION,
    metadata: { name, namespace, creationTimestamp: kubernetesTime(now), ...(labels === undefined ? {} : { labels }) },
    timestamp: kubernetesTime(first.time),
    window: goDurationOf(Math.max(first.windowMs, ...others.map(({ windowMs }) => windowMs))),
    containers: containers.map((item) => ({ name: item.name, usage: amountsOf(item) })),
  };
  return metrics as object as StoredObject;
}

function amountsOf({ nanoCores, memoryBytes }: MeasuredUsage): Record<string, string> {
  const memory = memoryBytes % 1_024 === 0 ? canonicalQuantity(`${memoryBytes / 1_024}Ki`) : undefined;
  return { cpu: nanoQuantity(nanoCores), memory: memory ?? String(memoryBytes) };
}

/** In the largest unit that has it whole, as Kubernetes writes every quantity. */
function nanoQuantity(nanos: number): string {
  let amount = nanos;
  const units = ['n', 'u', 'm', ''];
  let unit = 0;
  while (unit < units.length - 1 && amount % 1_000 === 0) {
    amount /= 1_000;
    unit++;
  }
  return `${amount}${units[unit] ?? ''}`;
}
