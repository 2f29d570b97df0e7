import type { AnyCommand, KubeObject } from '@shiplog/contracts';

let made = 0;

/** An id that no other command of this test run has. */
export function freshId(): string {
  return `test-${process.pid}-${++made}`;
}

export function createNamespace(name: string, id = freshId()): AnyCommand {
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  return { id, type: 'CreateObject', actor: 'admin', data: { resource: 'namespaces', namespace: '', object } };
}

export function createConfigMap(name: string, data: Record<string, string> = {}, id = freshId()): AnyCommand {
  const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
  return { id, type: 'CreateObject', actor: 'admin', data: { resource: 'configmaps', namespace: 'default', object } };
}

export function patchConfigMap(name: string, data: Record<string, string | null>, id = freshId()): AnyCommand {
  const key = { resource: 'configmaps', namespace: 'default', name } as const;
  return { id, type: 'PatchObject', actor: 'admin', data: { ...key, patchType: 'merge', patch: { data } } };
}

export function deleteConfigMap(name: string, id = freshId()): AnyCommand {
  const key = { resource: 'configmaps', namespace: 'default', name } as const;
  return { id, type: 'DeleteObject', actor: 'admin', data: key };
}

/** A pod bound to a node, which need not exist. */
export function createPodOn(node: string, name: string, id = freshId()): AnyCommand {
  const spec = { nodeName: node, containers: [{ name: 'c', image: 'i' }] };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
  return { id, type: 'CreateObject', actor: 'admin', data: { resource: 'pods', namespace: 'default', object } };
}

/** Removes a pod at once. */
export function removePod(name: string, id = freshId()): AnyCommand {
  const key = { resource: 'pods', namespace: 'default', name } as const;
  return { id, type: 'DeleteObject', actor: 'admin', data: { ...key, gracePeriodSeconds: 0 } };
}
