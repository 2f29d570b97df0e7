import { connectBus, type Bus } from '@shiplog/bus';
import { pino } from 'pino';

import type { Figure } from '../figures';
import type { PodOverrides } from '../load/pod';
import { BoundWatch } from '../parts/bound-watch';
import { ControlPlane } from '../parts/control-plane';
import { PlainLoop } from '../parts/plain-loop';
import { REFERENCES } from '../references';
import type { Effort } from './bench';
import { makeNamespace, removePods } from './objects';

const NODES = 5_000;
const ZONES = 10;
const CLIENTS = 32;
const PATIENCE_MS = 180_000;
const PLAIN = 'plain';

/** Pods that are scheduled, and what there is before them. */
interface Scenario {
  readonly id: string;
  readonly description: string;
  readonly pods: number;
  readonly like: PodOverrides;
  readonly before?: { readonly pods: number; readonly like: PodOverrides };
  readonly schedulerName?: string;
  readonly reference?: Pick<Figure, 'kubernetes' | 'goal'>;
}

const green = { matchLabels: { color: 'green' } };

const SCENARIOS: readonly Scenario[] = [
  { id: 'plain', description: 'bound in turn, no rules', pods: 10_000, like: {}, schedulerName: PLAIN },
  { id: 'basic', description: 'basic', pods: 10_000, like: {}, reference: REFERENCES.scheduling },
  {
    id: 'anti-affinity',
    description: 'required anti-affinity by host',
    pods: 2_000,
    like: {
      labels: { color: 'green' },
      spec: {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'kubernetes.io/hostname', labelSelector: green },
            ],
          },
        },
      },
    },
    reference: REFERENCES.schedulingApart,
  },
  {
    id: 'spread',
    description: 'topology spread over zones',
    pods: 5_000,
    like: {
      labels: { color: 'green' },
      spec: {
        topologySpreadConstraints: [
          {
            maxSkew: 5,
            topologyKey: 'topology.kubernetes.io/zone',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: green,
          },
        ],
      },
    },
    reference: REFERENCES.schedulingSpread,
  },
];

/**
 * From the first POST through REST until the last pod is bound, with decision records, on thousands of hollow nodes; beside the same
 * pods bound in turn without any rule.
 */
export async function measureScheduling(effort: Effort): Promise<Figure[]> {
  const plane = await ControlPlane.start({ nodes: Math.round(NODES * effort.share), zones: ZONES });
  try {
    const bus = await connectBus({ ...plane.nats, onError: () => undefined });
    const loop = await PlainLoop.open(bus, PLAIN, pino({ level: 'silent' }));
    const figures: Figure[] = [];
    for (const scenario of SCENARIOS) figures.push(await measure(plane, bus, scenario, effort));
    await loop.close();
    await bus.close();
    const plain = figures[0];
    const beside = { description: plain?.description ?? '', value: plain?.value ?? 0, unit: '/s' };
    return figures.map((figure) => (figure === plain ? figure : { ...figure, beside }));
  } finally {
    await plane.stop();
  }
}

async function measure(plane: ControlPlane, bus: Bus, scenario: Scenario, { share }: Effort): Promise<Figure> {
  const { id, description, before, like, reference, schedulerName = 'default-scheduler' } = scenario;
  const namespace = `bench-${id}`;
  const count = Math.round(scenario.pods * share);
  await makeNamespace(bus, namespace);
  const watch = await BoundWatch.open(plane.endpoint, namespace);
  const bind = async (pods: number, prefix: string, of: PodOverrides, bound: number): Promise<number> => {
    const since = performance.now();
    const job = { kind: 'create', endpoint: plane.endpoint, clients: CLIENTS, namespace, prefix, count: pods } as const;
    const spec = { schedulerName, ...of.spec };
    const [rate] = await Promise.all([
      plane.loader.run({ ...job, seconds: PATIENCE_MS / 1_000, like: { ...of, spec } }),
      watch.reached(bound, PATIENCE_MS),
    ]);
    if (rate.errors > 0) throw new Error(`${rate.errors} pods were not made: ${rate.firstError}`);
    return (performance.now() - since) / 1_000;
  };
  const filled = Math.round((before?.pods ?? 0) * share);
  if (before !== undefined) await bind(filled, 'before', before.like, filled);
  const { outcome: seconds, cpu } = await plane.metered(
    () => bind(count, 'pod', like, filled + count),
    () => count,
  );
  watch.close();
  await removePods(bus, namespace);
  return {
    id: `scheduling-${id}`,
    description: `pods scheduled, ${description}`,
    value: count / seconds,
    unit: '/s',
    details: { pods: count },
    cpu,
    ...reference,
  };
}
