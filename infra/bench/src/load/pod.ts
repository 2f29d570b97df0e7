/** Nobody schedules these pods: what is measured is the control plane alone. */
const SCHEDULER = 'nobody';
const ORDINARY = { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '100m', memory: '64Mi' } };
/** Marks the time of sending in a pod, so that a watcher can tell how long it took to arrive. */
export const SENT_MARK = 'bench/sent":"';
const SENT_DIGITS = 16;

/** What is particular of pods: whatever is not said is of an ordinary one, which nobody schedules. */
export interface PodOverrides {
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Instead of the ordinary ones, limits included. */
  readonly requests?: Readonly<Record<string, string>>;
}

/** A pod of ordinary size. `sent` is a time of `monotonicMicroseconds`. */
export function podOf(name: string, sent: number, { labels, spec, requests }: PodOverrides = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { app: 'bench', tier: 'load', ...labels },
      annotations: { 'bench/sent': String(sent).padStart(SENT_DIGITS, '0') },
    },
    spec: {
      schedulerName: SCHEDULER,
      containers: [
        {
          name: 'app',
          image: 'busybox:1.36',
          command: ['sleep', '3600'],
          env: [{ name: 'MODE', value: 'bench' }],
          ports: [{ containerPort: 80 }],
          resources: requests === undefined ? ORDINARY : { requests },
        },
      ],
      ...spec,
    },
  };
}

/** A clock that all processes of a machine share. */
export function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** The times of sending that stand in some bytes of a watch; one that is cut in two is left out. */
export function sentTimes(bytes: Buffer): number[] {
  const times: number[] = [];
  for (let at = bytes.indexOf(SENT_MARK); at >= 0; at = bytes.indexOf(SENT_MARK, at)) {
    at += SENT_MARK.length;
    if (at + SENT_DIGITS <= bytes.length) times.push(Number(bytes.toString('latin1', at, at + SENT_DIGITS)));
  }
  return times;
}
