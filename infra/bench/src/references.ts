import type { Figure } from './figures';

type Reference = Pick<Figure, 'kubernetes' | 'goal'>;

/** Kubernetes 1.20 with etcd 3.4 on such a machine (2 cores), and what is to be reached here. */
export const REFERENCES = {
  creates1: { kubernetes: '230/s, p50 4 ms', goal: { kind: 'at-least', value: 230 } },
  creates32: { kubernetes: '750/s', goal: { kind: 'at-least', value: 1_500 } },
  deletes: { kubernetes: '550/s', goal: { kind: 'at-least', value: 550 } },
  gets: { kubernetes: '1,900/s', goal: { kind: 'at-least', value: 1_900 } },
  watch: { kubernetes: '10,300/s, p50 198 ms', goal: { kind: 'at-least', value: 10_300 } },
  rebuild: { goal: { kind: 'at-least', value: 50_000 } },
  memory: { kubernetes: 'about 1,100 MB', goal: { kind: 'at-most', value: 1_100 } },
  podStart: { kubernetes: '4.1 × docker run', goal: { kind: 'ratio-at-most', value: 1.2 } },
  twentyPods: { kubernetes: '14.3 s', goal: { kind: 'at-most', value: 7 } },
} as const satisfies Record<string, Reference>;
