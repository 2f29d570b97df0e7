import type { PodFacts } from './pod-facts';

/**
 * The equivalence class of a pod, as a text: what rules of scope `node` may look at of it, so that pods of one class are the same to
 * them. By content: the pods of a thousand Deployments that ask for the same are of one class.
 */
export function podClass(pod: PodFacts): string {
  const known = classes.get(pod);
  if (known !== undefined) return known;
  const { nodeName, nodeSelector, affinity, tolerations } = pod.pod.spec ?? {};
  const { requests, likelyUse, hostPorts } = pod;
  const text = [
    JSON.stringify([nodeName, [...requests], likelyUse, hostPorts]),
    textOf(nodeSelector),
    textOf(affinity?.nodeAffinity),
    textOf(tolerations),
  ].join('\n');
  classes.set(pod, text);
  return text;
}

/** As `podClass`, of pods that are also the same to the rules between pods. */
export function peerClass(pod: PodFacts): string {
  const { affinity, topologySpreadConstraints } = pod.pod.spec ?? {};
  return [
    podClass(pod),
    pod.namespace,
    textOf(pod.labels),
    textOf(affinity?.podAffinity),
    textOf(affinity?.podAntiAffinity),
    textOf(topologySpreadConstraints),
  ].join('\n');
}

const classes = new WeakMap<PodFacts, string>();

/** Parts that many pods share are held once. */
function textOf(part: object | undefined): string {
  if (part === undefined) return '';
  const known = texts.get(part);
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  texts.set(part, text);
  return text;
}

const texts = new WeakMap<object, string>();
