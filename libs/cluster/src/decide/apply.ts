import type { Command, KubeObject, KubeStatus } from '@shiplog/contracts';
import { scaleOf, scalePathsOf } from '@shiplog/admission';
import {
  Application,
  appliedProblems,
  decodeObject,
  expectedAt,
  fieldsOfVersion,
  isJsonObject,
  ok,
  ownersOfApplied,
  statusOf,
  versionedAs,
  withFieldAt,
  withoutUndefined,
  type Result,
  type VersionedResource,
} from '@shiplog/apimachinery';
import { applyConflict } from './apply-conflict';
import { objectOf, refused, resourceOf, type DecisionContext, type Decided } from './decision';
import { writeOf } from './field-managers';
import { allowedByLastApplied, withLastApplied } from './last-applied';
import { createObject, submitUpdate, subresourceRejection } from './objects';

type Data = Command<'PatchObject'>['data'];

/**
 * Decides a PatchObject of type apply: what its manager wants of an object is merged with what others do, and what it
 * no longer wants goes (server-side apply). Makes the object where there is none. 409 where others manage what it would change.
 */
export function decideApply(context: DecisionContext, data: Data): Decided {
  const found = resourceOf(context.state, data);
  if (!found.ok) return found;
  const row = found.value;
  const subresource = data.subresource === '' ? undefined : data.subresource;
  const misplaced = subresourceRejection(row, subresource);
  if (misplaced !== undefined) return refused(misplaced);
  const resource = versionedAs(row, data.apiVersion);
  if (resource === undefined) return refused(statusOf.noSuchPath());
  const before = objectOf(context, data);
  const read = readApplied(resource, data, subresource);
  if (!read.ok) return read;
  const applied = read.value;
  const write = writeOf(context, row, data, 'Apply');
  if (before === undefined) {
    const absent =
      subresource === undefined ? absentRejection(resource, data, applied) : statusOf.notFound(row, data.name);
    if (absent !== undefined) return refused(absent);
    return createObject(context, { ...data, object: applied }, () => ownersOfApplied(resource, applied, write));
  }
  const application = new Application(resource, before, before.metadata.fieldOwners, applied, write);
  const conflicts =
    data.force === true ? [] : allowedByLastApplied(resource, before, write.manager, application.conflicts);
  if (conflicts.length > 0) return refused(applyConflict(conflicts));
  const merged =
    subresource === undefined ? withLastApplied(application.merged, applied, write.manager) : application.merged;
  const submitted = subresource === 'scale' ? scaleOf(resource.version, merged) : merged;
  return submitUpdate(context, data, { row, subresource, before, submitted }, (after) => application.ownersOf(after));
}

/** What is applied, read as far as merging needs it; a Scale as what it says of its object. 400 when it can't be. */
function readApplied(
  resource: VersionedResource,
  { namespace, name, patch }: Data,
  subresource?: string,
): Result<KubeObject> {
  const expected = expectedAt(resource, subresource);
  if (!isJsonObject(patch)) return refused(statusOf.badRequest('error decoding YAML: the body must be an object'));
  const { apiVersion, kind, metadata = {} } = patch;
  if (apiVersion !== expected.apiVersion || kind !== expected.kind) {
    return refused(statusOf.badRequest(`invalid object type: ${kindText(textOf(apiVersion), textOf(kind))}`));
  }
  const described = `${namespace}/${name}; ${kindText(expected.apiVersion, expected.kind)}`;
  const untyped = (problem: string): Result<never> =>
    refused(statusOf.badRequest(`failed to create typed patch object (${described}): ${problem}`));
  if (metadata !== null && !isJsonObject(metadata)) return untyped('.metadata: expected map');
  if (Array.isArray(metadata?.['managedFields'])) {
    return refused(statusOf.badRequest('metadata.managedFields must be nil'));
  }
  const object = { ...patch, metadata: metadata ?? {} } as unknown as KubeObject;
  if (subresource === 'scale') {
    const scale = decodeObject(expected, object);
    return scale.ok ? ok(fromScale(resource, object)) : scale;
  }
  const problems = appliedProblems(fieldsOfVersion(resource), object);
  if (problems.length === 0) return ok(object);
  return untyped(problems.length === 1 ? (problems[0] ?? '') : ['errors:', ...problems].join('\n  '));
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A group, version and kind as Go prints them. */
function kindText(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
}

/** What a Scale that is applied says of the object that it is of. */
function fromScale(resource: VersionedResource, { metadata, spec }: KubeObject): KubeObject {
  const { apiVersion, kind } = expectedAt(resource);
  const { name, namespace, uid, resourceVersion } = metadata;
  const bare: KubeObject = { apiVersion, kind, metadata: withoutUndefined({ name, namespace, uid, resourceVersion }) };
  const replicas = isJsonObject(spec) ? spec['replicas'] : undefined;
  const { specReplicasPath } = scalePathsOf(resource.version);
  return typeof replicas === 'number' ? withFieldAt(bare, specReplicasPath, replicas) : bare;
}

/** Why no object can be made of what is applied where there is none. */
function absentRejection({ row }: VersionedResource, { name }: Data, { metadata }: KubeObject): KubeStatus | undefined {
  if (typeof metadata.uid === 'string' && metadata.uid !== '') {
    const reason = `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`;
    return statusOf.conflict(row, name, reason);
  }
  if (metadata.name === name) return undefined;
  const isMissing = typeof metadata.name !== 'string' || metadata.name === '';
  return statusOf.badRequest(
    isMissing
      ? `the name of the object (${name} based on URL) was undeterminable: name must be provided`
      : `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
  );
}
