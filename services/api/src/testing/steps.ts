import { newCommandId, type Bus } from '@shiplog/bus';
import type { AnyCommand, ContainerStatus } from '@shiplog/contracts';
import type { Rig } from './rig';

/** A manifest for kubectl's standard input. */
export const manifest = (value: object): { input: string } => ({ input: JSON.stringify(value) });

/** A replication controller of nginx pods. */
export const rc = (name: string, replicas = 2): object => ({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name, labels: { app: name } },
  spec: {
    replicas,
    selector: { app: name },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }] },
    },
  },
});

/** An empty ConfigMap. */
export const configMap = (name: string, labels: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
});

/** What a user does past the api, or the kubelet of the node `n1`, through the same commands. */
export async function send(
  bus: Bus,
  command: Omit<AnyCommand, 'id' | 'actor'>,
  actor = bus.identity.role === 'kubelet' ? `system:node:${bus.identity.name}` : 'admin',
): Promise<void> {
  const reply = await bus.command({ id: newCommandId(), actor, ...command } as AnyCommand);
  if (!reply.ok) throw new Error(reply.status.message);
}

/** Makes the node `n1`. */
export async function makeNode(bus: Bus): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } };
  await send(bus, { type: 'CreateObject', data: { resource: 'nodes', namespace: '', object } });
}

/** Binds a pod of the default namespace to `n1` and reports that it runs; answers its uid. */
export async function runPod(rig: Rig, bus: Bus, name: string, more: Partial<ContainerStatus> = {}): Promise<string> {
  const { metadata } = JSON.parse(await rig.kubectl(`get pod ${name} -o json`)) as { metadata: { uid: string } };
  const pod = { namespace: 'default', name, uid: metadata.uid };
  await send(bus, { type: 'BindPods', data: { bindings: [{ ...pod, node: 'n1' }] } });
  const container: ContainerStatus = {
    name,
    image: 'nginx',
    imageID: 'i',
    ready: true,
    restartCount: 0,
    containerID: 'docker://1',
    state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    ...more,
  };
  const status = {
    phase: 'Running',
    podIP: '10.244.0.7',
    podIPs: [{ ip: '10.244.0.7' }],
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [container],
  };
  const kubelet = await rig.nats.bus('kubelet', { role: 'kubelet', name: 'n1' });
  await send(kubelet, { type: 'ReportPods', data: { node: 'n1', pods: [{ ...pod, status }] } });
  return metadata.uid;
}
