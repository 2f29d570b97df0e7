import type { Figure } from './figures';

type Reference = Pick<Figure, 'kubernetes' | 'goal'>;

/** Kubernetes 1.20 with etcd 3.4 on such a machine (2 cores), and what is to be reached here. */
export const REFERENCES = {
  creates1: { kubernetes: '230/s, p50 4 ms', goal: { kind: 'at-least', value: 230 } },
  creates32: { kubernetes: '750/s', goal: { kind: 'ratio-at-least', value: 0.4 } },
  /** The largest append: the journal's own share of what the database takes. */
  append: { goal: { kind: 'ratio-at-least', value: 0.35 } },
  system: { goal: { kind: 'ratio-at-least', value: 0.4 } },
  /** On the server's side, with owners of fields kept. */
  applies: { goal: { kind: 'at-least', value: 1_200 } },
  deletes: { kubernetes: '550/s', goal: { kind: 'at-least', value: 550 } },
  gets: { kubernetes: '1,900/s', goal: { kind: 'ratio-at-least', value: 0.8 } },
  watch: { kubernetes: '10,300/s, p50 198 ms', goal: { kind: 'ratio-at-least', value: 0.3 } },
  rebuild: { goal: { kind: 'ratio-at-least', value: 0.7 } },
  memory: { kubernetes: 'about 1,100 MB', goal: { kind: 'at-most', value: 1_100 } },
  /** Kubernetes' scheduler_perf on such a machine, 5,000 nodes. */
  scheduling: { kubernetes: '111/s', goal: { kind: 'at-least', value: 1_250 } },
  schedulingApart: { goal: { kind: 'at-least', value: 400 } },
  schedulingSpread: { goal: { kind: 'at-least', value: 600 } },
  podStart: { kubernetes: '4.1 × docker run', goal: { kind: 'ratio-at-most', value: 1.2 } },
  twentyPods: { kubernetes: '14.3 s', goal: { kind: 'at-most', value: 7 } },
} as const satisfies Record<string, Reference>;
