import { connectRejection } from '@shiplog/admission';
import type { ClusterState } from '@shiplog/cluster';
import { StatusError } from '@shiplog/contracts';
import { infoOf } from './access-request';
import { connectOptions } from './connect-options';
import { storedResource, type ResourceRequest } from './request';

/** Throws what policies of the cluster say against a connection (exec, attach, port-forward, proxy), where they do. */
export function admitConnection(state: ClusterState, request: ResourceRequest): void {
  const { user, target } = request;
  const { row } = storedResource(request);
  const subresource = target.subresource?.name ?? '';
  const about = { row, subresource, namespace: target.namespace, name: target.name ?? '' };
  const warnings: string[] = [];
  const status = connectRejection(state, { ...about, user: infoOf(user), options: connectOptions(request) }, warnings);
  if (status !== undefined) throw new StatusError(status, warnings);
}
