import type { ConfigSource } from '../container/render/env';
import type { Container, PodSpec, PodStatus } from '@shiplog/contracts';
import type { Pod } from '../domain/pod';
import type { PodView } from '../pod/domain/view';
import type { ContainerState, ObservedContainer } from '../runtime/runtime';

/** The moment at which views are looked at: 2026-01-01T00:00:00Z. */
export const NOW = Date.parse('2026-01-01T00:00:00Z');

/** A time some seconds from NOW, as the engine writes it. */
export function at(seconds: number): string {
  return new Date(NOW + seconds * 1_000).toISOString();
}

export function container(fields: Partial<Container> = {}): Container {
  return { name: 'main', image: 'app:1', ...fields };
}

export function pod(spec: Partial<PodSpec> = {}, status: PodStatus = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid-1',
      resourceVersion: '7',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { nodeName: 'node-a', restartPolicy: 'Always', containers: [container()], ...spec },
    status,
  };
}

export function view(fields: Partial<PodView> = {}): PodView {
  return {
    pod: pod(),
    now: NOW,
    acceptedAt: NOW,
    desiredPhase: 'run',
    runtimeName: 'docker',
    containers: [],
    busy: new Set(),
    syncErrors: new Map(),
    probes: new Map(),
    messages: new Map(),
    imageNames: new Map(),
    hostIPs: ['192.0.2.1'],
    podIPs: [],
    ...fields,
  };
}

/** A container as the engine has it; its id tells its name and attempt. */
export function observed(fields: Partial<ObservedContainer> = {}): ObservedContainer {
  const { name = 'main', attempt = 0 } = fields;
  return {
    id: `${name}-${attempt}`,
    pod: { uid: 'uid-1', namespace: 'default', name: 'web' },
    name,
    role: 'app',
    attempt,
    backoffSeconds: 0,
    image: 'app:1',
    imageId: 'sha256:app',
    state: running(),
    ...fields,
  };
}

export function running(since = -60): ContainerState {
  return { phase: 'running', startedAt: at(since), pid: 100 };
}

export function exited(
  exitCode: number,
  { from = -60, to = -1, ...more }: Partial<{ from: number; to: number; oomKilled: boolean; error: string }> = {},
): ContainerState {
  return { phase: 'exited', startedAt: at(from), finishedAt: at(to), exitCode, oomKilled: false, error: '', ...more };
}

/** The sandbox, attached unless the view says otherwise. */
export function sandbox(state: ContainerState = running(-90)): ObservedContainer {
  return observed({ id: 'sandbox-0', name: 'POD', role: 'sandbox', state });
}

/** A view of a pod whose sandbox runs and is attached. */
export function attachedView(containers: readonly ObservedContainer[], fields: Partial<PodView> = {}): PodView {
  return view({ containers: [sandbox(), ...containers], attachedPid: 100, podIPs: ['10.244.1.2'], ...fields });
}

/** A cluster in which nothing is that a pod could name. */
export const NO_OBJECTS: ConfigSource = {
  configMap: () => undefined,
  secret: () => undefined,
  claim: () => undefined,
  volume: () => undefined,
  services: () => [],
  accountToken: () => undefined,
  nodeLabels: () => ({}),
};
