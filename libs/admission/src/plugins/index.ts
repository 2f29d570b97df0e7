import type { KubeStatus, ResourceId } from '@shiplog/contracts';
import { type Named, statusOf } from '@shiplog/apimachinery';
import { requestedName } from '../metadata/generated-name';
import { claimResize } from './claim-resize';
import { defaultIngressClass } from './default-ingress-class';
import { defaultStorageClass } from './default-storage-class';
import { defaultTolerationSeconds } from './default-toleration-seconds';
import { limitRanger } from './limit-ranger';
import { namespaceLifecycle } from './namespace-lifecycle';
import type { AdmissionPlugin, AdmissionRequest, Refusal } from './plugin';
import { podSecurity } from './pod-security';
import { priority } from './priority';
import { resourceQuota } from './resource-quota';
import { runtimeClass } from './runtime-class';
import { serviceAccount } from './service-account';
import { storageObjectInUseProtection } from './storage-object-in-use-protection';
import { taintNodesByCondition } from './taint-nodes-by-condition';

/** All there are, in Kubernetes' order (AllOrderedPlugins in pkg/kubeapiserver/options). */
export const PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  taintNodesByCondition,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  claimResize,
  runtimeClass,
  defaultIngressClass,
  resourceQuota,
];

/** Plug-ins that look at a resource, found once for each: most objects are looked at by none. */
const known = new Map<ResourceId, readonly AdmissionPlugin[]>();
const OF_ALL = PLUGINS.filter(({ resources }) => resources === 'all');
for (const { resources } of PLUGINS) {
  for (const id of resources === 'all' ? [] : resources) {
    const ofIt = PLUGINS.filter((plugin) => plugin.resources === 'all' || plugin.resources.includes(id));
    known.set(id, ofIt);
  }
}

function pluginsOf(resource: ResourceId): readonly AdmissionPlugin[] {
  return known.get(resource) ?? OF_ALL;
}

/** Has each plug-in change the object of a write, one after the other. 403 from the first that refuses it. */
export function mutateByPlugins(request: AdmissionRequest): KubeStatus | undefined {
  for (const plugin of pluginsOf(request.row.id)) {
    const problem = plugin.admit?.(request);
    if (problem === undefined) continue;
    const { row, object, before, ctx } = request;
    const name = before === undefined ? requestedName(row, object, ctx) : (object.metadata.name ?? '');
    return forbidden(request, problem, name);
  }
  return undefined;
}

/** Has each plug-in look at a valid object. 403 from the first that refuses it: by the name that was generated for it, if one was. */
export function validateByPlugins(request: AdmissionRequest): KubeStatus | undefined {
  for (const plugin of pluginsOf(request.row.id)) {
    const problem = plugin.validate?.(request);
    if (problem !== undefined) return forbidden(request, problem, request.object.metadata.name ?? '');
  }
  return undefined;
}

/** 403 for an object that may not be deleted. */
export function admitDelete(row: Named & { id: ResourceId }, name: string): KubeStatus | undefined {
  for (const plugin of pluginsOf(row.id)) {
    const problem = plugin.validateDelete?.(row.id, name);
    if (problem !== undefined) return statusOf.forbidden(row, name, problem);
  }
  return undefined;
}

function forbidden({ row }: AdmissionRequest, problem: NonNullable<Refusal>, name: string): KubeStatus {
  return typeof problem === 'string' ? statusOf.forbidden(row, name, problem) : problem;
}
