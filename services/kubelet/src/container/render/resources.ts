import { qosClassOf } from '@shiplog/admission';
import { milliOf } from '@shiplog/apimachinery';
import type { Container } from '@shiplog/contracts';
import type { Pod } from '../../domain/pod';
import type { ContainerAmounts } from '../../runtime/runtime';

const SHARES_PER_CPU = 1_024;
const LEAST_SHARES = 2;
const MOST_SHARES = 262_144;
const PERIOD_US = 100_000;
const LEAST_QUOTA_US = 1_000;

/** Kubernetes' translation of requests and limits into cgroup amounts; quota is per 100 ms. */
export function renderAmounts(container: Container): ContainerAmounts {
  const { requests = {}, limits = {} } = container.resources ?? {};
  return amountsOf(requests.cpu ?? limits.cpu, limits.cpu, limits.memory);
}

/** As `renderAmounts`, of quantities; absent: none. */
export function amountsOf(
  cpuRequest: string | undefined,
  cpuLimit: string | undefined,
  memoryLimit: string | undefined,
): ContainerAmounts {
  const limit = cpuMilli(cpuLimit);
  return {
    cpuShares: sharesOf(cpuMilli(cpuRequest)),
    cpuQuota: limit === 0 ? 0 : Math.max(LEAST_QUOTA_US, (limit * PERIOD_US) / 1_000),
    memoryBytes: bytes(memoryLimit),
  };
}

/** The weight of so many thousandths of a CPU. */
export function sharesOf(cpuMilli: number): number {
  return Math.min(MOST_SHARES, Math.max(LEAST_SHARES, Math.floor((cpuMilli * SHARES_PER_CPU) / 1_000)));
}

function cpuMilli(quantity: string | undefined): number {
  return quantity === undefined ? 0 : Number(milliOf(quantity));
}

/** A quantity in whole bytes, rounded up as Kubernetes does: a limit that is given never becomes none. 0 when there is none. */
export function bytes(quantity: string | undefined): number {
  return quantity === undefined ? 0 : Number((milliOf(quantity) + 999n) / 1_000n);
}

const GUARANTEED_SCORE = -997;
const BEST_EFFORT_SCORE = 1_000;

/** How soon the kernel kills a container when memory runs out, by the pod's quality of service, as Kubernetes has it. */
export function renderOomScore(pod: Pod, container: Container, nodeMemoryBytes: bigint): number {
  const qos = pod.status?.qosClass ?? qosClassOf(pod.spec ?? { containers: [] });
  if (qos === 'Guaranteed') return GUARANTEED_SCORE;
  if (qos === 'BestEffort') return BEST_EFFORT_SCORE;
  const requested = bytes(container.resources?.requests?.memory);
  const score = 1_000 - Math.floor((1_000 * requested) / Number(nodeMemoryBytes));
  return Math.min(Math.max(score, 1_000 + GUARANTEED_SCORE), BEST_EFFORT_SCORE - 1);
}
