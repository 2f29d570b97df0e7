import type { ObjectOf, PodSpec, TopologySpreadConstraint } from '@shiplog/contracts';
import type { StoredNode, StoredPod } from '@shiplog/kube';
import type { ClusterView } from '@shiplog/scheduling';

const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
/** Each has so many pods that are the same. */
const APPS = 20;
const ZONES = 3;

/** What the pods of a run ask of each other. */
export interface Asked {
  readonly name: string;
  readonly specs: readonly Partial<PodSpec>[];
  prepare?(view: ClusterView): void;
}

const apps = Array.from({ length: APPS }, (_, app) => ({ app: `app-${app}` }));
const labelsOf = (n: number): Record<string, string> => apps[n % APPS] ?? {};

function asked(name: string, specOf: (labels: Record<string, string>) => Partial<PodSpec>): Asked {
  return { name, specs: apps.map((labels) => specOf(labels)) };
}

const term = (matchLabels: Record<string, string>, topologyKey: string) => ({
  labelSelector: { matchLabels },
  topologyKey,
});

function spread(matchLabels: Record<string, string>, whenUnsatisfiable: string): TopologySpreadConstraint[] {
  return [ZONE, HOSTNAME].map((topologyKey) => ({ maxSkew: 1, whenUnsatisfiable, ...term(matchLabels, topologyKey) }));
}

export function cyclesOf(): readonly Asked[] {
  return [
    asked('nothing', () => ({})),
    asked('anti-affinity on the host', (labels) => ({
      affinity: { podAntiAffinity: { [REQUIRED]: [term(labels, HOSTNAME)] } },
    })),
    asked('affinity in the zone', (labels) => ({ affinity: { podAffinity: { [REQUIRED]: [term(labels, ZONE)] } } })),
    asked('preferred anti-affinity on the host', (labels) => ({
      affinity: { podAntiAffinity: { [PREFERRED]: [{ weight: 10, podAffinityTerm: term(labels, HOSTNAME) }] } },
    })),
    asked('to be spread over zones and hosts', (labels) => ({
      topologySpreadConstraints: spread(labels, 'DoNotSchedule'),
    })),
    asked('rather to be spread over both', (labels) => ({
      topologySpreadConstraints: spread(labels, 'ScheduleAnyway'),
    })),
    {
      ...asked('nothing, each with a Service', () => ({})),
      prepare(view) {
        for (const selector of apps) view.setSelector('services', 'default', selector.app, aService(selector));
      },
    },
  ];
}

const META = { resourceVersion: '1', creationTimestamp: '2024-01-01T00:00:00Z' };
const CONTAINERS = [{ name: 'c', resources: { requests: { cpu: '100m', memory: '128Mi' } } }];

function aService(selector: { app: string }): ObjectOf<'services'> {
  const metadata = { ...META, name: selector.app, namespace: 'default', uid: selector.app };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector } };
}

export function aNode(n: number): StoredNode {
  const name = `node-${n}`;
  const labels = { [HOSTNAME]: name, [ZONE]: `zone-${n % ZONES}` };
  const allocatable = { cpu: '16', memory: '64Gi', pods: '110' };
  return { apiVersion: 'v1', kind: 'Node', metadata: { ...META, name, uid: name, labels }, status: { allocatable } };
}

/** The pods of an app share their labels and what they ask for, as they do in a projection. */
export function aPod({ specs }: Asked, name: string, n: number, nodeName?: string): StoredPod {
  const spec = { schedulerName: 'default-scheduler', containers: CONTAINERS, ...specs[n % APPS], nodeName };
  const metadata = { ...META, name, namespace: 'default', uid: name, labels: labelsOf(n) };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
}
