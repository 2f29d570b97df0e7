import type { ObjectKey, ResourceId } from '@shiplog/contracts';

import { throwStatus } from './errors';
import type { Query } from './options';
import type { ResourceTarget, Verb } from './request-info';
import { statusOf } from '@shiplog/apimachinery';

/** Who asks. */
export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

/** One request to the resource API, parsed and allowed. */
export interface ResourceRequest {
  readonly target: ResourceTarget;
  readonly verb: Verb;
  readonly query: Query;
  readonly user: User;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Buffer | undefined;
}

/** The stored resource that a request is about. 405 for `bindings`, which stores nothing. */
export function storedResource({ target }: ResourceRequest): ResourceId {
  const { row } = target.resource;
  if (row === undefined) throwStatus(statusOf.methodNotAllowed());
  return row.id as ResourceId;
}

/** The name in the path. */
export function nameOf({ target }: ResourceRequest): string {
  if (target.name === undefined) throwStatus(statusOf.methodNotAllowed());
  return target.name;
}

/** The key of the object that a request is about. */
export function keyOf(request: ResourceRequest): ObjectKey {
  return { resource: storedResource(request), namespace: request.target.namespace, name: nameOf(request) };
}
