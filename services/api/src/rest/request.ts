import { apiVersionOf, type ObjectKey } from '@shiplog/contracts';
import { statusOf, type VersionedResource } from '@shiplog/apimachinery';
import { throwStatus } from './errors';
import type { Query } from './options';
import type { ResourceTarget, Verb } from './request-info';

/** Who asks. */
export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  /** What else an authenticator knows, by its keys: for example of which pod a service account's token is. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** One request to the resource API, parsed and allowed. */
export interface ResourceRequest {
  readonly target: ResourceTarget;
  readonly verb: Verb;
  readonly query: Query;
  readonly user: User;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly userAgent?: string | undefined;
  readonly body: Buffer | undefined;
}

/** The stored resource that a request is about, in the request's version. 405 for what is not stored. */
export function storedResource({ target }: ResourceRequest): VersionedResource {
  return target.resource.stored ?? throwStatus(statusOf.methodNotAllowed());
}

/** The resource that a request is about, stored or not, in the request's version. */
export function requestedResource({ target: { resource } }: ResourceRequest): VersionedResource {
  return resource.stored ?? resource.virtual ?? throwStatus(statusOf.methodNotAllowed());
}

/** What a command has to say of the version that its request is in: nothing, where objects are stored in it. */
export function versionAsSent(request: ResourceRequest): { apiVersion?: string } {
  const { row, version } = storedResource(request);
  return version === row.versions[0] ? {} : { apiVersion: apiVersionOf(version) };
}

/** The name in the path. */
export function nameOf({ target }: ResourceRequest): string {
  if (target.name === undefined) throwStatus(statusOf.methodNotAllowed());
  return target.name;
}

/** The key of the object that a request is about. */
export function keyOf(request: ResourceRequest): ObjectKey {
  return { resource: storedResource(request).row.id, namespace: request.target.namespace, name: nameOf(request) };
}
