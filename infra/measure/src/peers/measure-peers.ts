import { decideBatch, podFacts, policyOf, DEFAULT_POLICY, ClusterView, type PodFacts } from '@shiplog/scheduling';
import { cyclesOf, type Asked, aNode, aPod } from './peer-pods';

/** As many as a scheduler decides on in one go. */
const BATCH = 100;
/** Before it is measured, while code and counts warm up. */
const WARM_UP = 500;

export interface PeersSize {
  readonly nodes: number;
  readonly pods: number;
  readonly decisions: number;
}

/** How many decisions a second one thread makes, of pods that ask one thing of each other: of their kind, placed over the nodes. */
export function measurePeers(size: PeersSize): void {
  process.stdout.write(
    `\n  ${size.nodes} nodes, ${size.pods} pods; ${size.decisions} decisions by ${DEFAULT_POLICY}\n\n`,
  );
  for (const asked of cyclesOf()) {
    const { seconds, fitted, slowestMs } = decide(asked, size);
    const rate = Math.round(size.decisions / seconds);
    const each = (slowestMs / BATCH).toFixed(1);
    process.stdout.write(
      `  ${asked.name.padEnd(38)} ${String(rate).padStart(6)}/s of the processor; slowest batch ${each} ms each; ${fitted} fitted\n`,
    );
  }
}

function decide(
  asked: Asked,
  { nodes, pods, decisions }: PeersSize,
): { seconds: number; fitted: number; slowestMs: number } {
  const view = new ClusterView();
  for (let n = 0; n < nodes; n++) view.setNode(aNode(n));
  asked.prepare?.(view);
  for (let n = 0; n < pods; n++) view.setPod(aPod(asked, `placed-${n}`, n, `node-${(n * 7) % nodes}`));
  place(view, asked, 'warm', WARM_UP);
  return place(view, asked, 'new', decisions);
}

function place(view: ClusterView, asked: Asked, prefix: string, count: number): ReturnType<typeof decide> {
  const policy = policyOf(DEFAULT_POLICY);
  let [micros, fitted, slowestMs] = [0, 0, 0];
  for (let from = 0; from < count; from += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i): PodFacts =>
      podFacts(aPod(asked, `${prefix}-${from + i}`, from + i)),
    );
    const before = process.cpuUsage();
    const verdicts = decideBatch(view.snapshot(), batch, from, policy);
    const { user, system } = process.cpuUsage(before);
    micros += user + system;
    slowestMs = Math.max(slowestMs, (user + system) / 1_000);
    for (const verdict of verdicts) {
      if (verdict.outcome !== 'fits') continue;
      fitted += 1;
      const { pod } = verdict.pod;
      view.setPod({ ...pod, spec: { containers: [], ...pod.spec, nodeName: verdict.node } });
    }
  }
  return { seconds: micros / 1e6, fitted, slowestMs };
}
