import type { KubeObject, KubeStatus, ResourceRow, StoredObject } from '@shiplog/contracts';
import {
  decodeObject,
  expectedAt,
  fromStored,
  GoSyntax,
  ok,
  Problems,
  refused,
  type Result,
  sameJson,
  statusOf,
  toStored,
  versionedAs,
  type VersionedResource,
} from '@shiplog/apimachinery';
import type { AdmissionContext } from './context';
import { mutateUpdated, validateUpdated } from './dynamic/admit';
import { rulesOf } from './kinds';
import type { GenerationRule } from './kinds/kind';
import { distinctOwners } from './metadata/owners';
import { validateMetadata, validateMetadataUpdate } from './metadata/validate';
import { mutateByPlugins, validateByPlugins } from './plugins';
import type { AdmissionRequest } from './plugins/plugin';
import { withScale } from './scale';

/**
 * Admits a change: what is submitted is the whole new object (or its Scale, for `scale`). Answers the whole object to store:
 * whatever the (sub)resource may not touch is the one before's, down to the same JavaScript values where nothing changed.
 * 400 for an unreadable object, 409 for an outdated resourceVersion or another uid, 422 for a change that breaks a rule.
 */
export function admitUpdate(
  row: ResourceRow,
  subresource: string | undefined,
  before: StoredObject,
  submitted: unknown,
  ctx: AdmissionContext,
): Result<KubeObject> {
  const resource = versionedAs(row, ctx.apiVersion);
  if (resource === undefined) return refused(statusOf.noSuchPath());
  const decoded = decodeObject(expectedAt(resource, subresource), submitted);
  if (!decoded.ok) return decoded;
  const { value } = decoded;
  const wrong = checkIdentity(row, before, value) ?? checkPreconditions(row, before, value);
  if (wrong !== undefined) return refused(wrong);
  const mutated = mutate(resource, subresource, before, value, ctx);
  if (!mutated.ok) return mutated;
  const written = writeTo(resource, subresource, before, mutated.value, ctx);
  if (!written.ok) return written;
  const denied = validateUpdated(resource, subresource, { before, after: written.value }, ctx);
  return denied === undefined ? written : refused(denied);
}

/** What is submitted, as it is stored (or a Scale), with what policies and webhooks make of it. */
function mutate(
  resource: VersionedResource,
  subresource: string | undefined,
  before: StoredObject,
  value: KubeObject,
  ctx: AdmissionContext,
): Result<KubeObject> {
  const { row, version } = resource;
  const draft = subresource === 'scale' ? value : toStored(row, version, value);
  if (ctx.dynamic === undefined) return ok(draft);
  const fillIn = (object: KubeObject): void => {
    if (subresource === undefined) rulesOf(row).defaults?.(object);
  };
  fillIn(draft);
  const mutated = mutateUpdated(resource, subresource, { before, draft }, ctx, (changed) => {
    fillIn(changed);
    const forbidden = subresource === undefined ? mutateByPlugins({ row, object: changed, before, ctx }) : undefined;
    return forbidden === undefined ? ok(changed) : refused(forbidden);
  });
  if (!mutated.ok || mutated.value === draft) return mutated;
  const wrong = checkIdentity(row, before, mutated.value);
  return wrong === undefined ? mutated : refused(wrong);
}

/** The object after a write to it, or to a part of it. */
function writeTo(
  resource: VersionedResource,
  subresource: string | undefined,
  before: StoredObject,
  draft: KubeObject,
  ctx: AdmissionContext,
): Result<KubeObject> {
  const { row } = resource;
  switch (subresource) {
    case undefined:
      return replaceMain(row, before, draft, ctx);
    case 'status':
      return replaceStatus(row, before, draft, ctx);
    case 'scale': {
      const scaled = withScale(resource.version, fromStored(resource.version, before), draft);
      return scaled.ok ? ok(toStored(row, resource.version, scaled.value)) : scaled;
    }
    default:
      return replaceOther(row, subresource, before, draft, ctx);
  }
}

/** Whether a subresource of a resource is one that its objects are changed by. */
export function isWritten(row: ResourceRow, subresource: string): boolean {
  return subresource === 'status' || subresource === 'scale' || writeOf(row, subresource) !== undefined;
}

function writeOf(row: ResourceRow, subresource: string) {
  const { subresources = {} } = rulesOf(row);
  return Object.hasOwn(subresources, subresource) ? subresources[subresource] : undefined;
}

function replaceOther(
  row: ResourceRow,
  subresource: string,
  before: StoredObject,
  draft: KubeObject,
  ctx: AdmissionContext,
): Result<KubeObject> {
  const write = writeOf(row, subresource);
  if (write === undefined) return refused(statusOf.methodNotAllowed());
  const written = write(draft, before, ctx);
  if (!written.ok) return written;
  const rules = rulesOf(row);
  const after = keepingMetadata(before, written.value);
  if (generationMoves(rules.generation, before, after)) {
    after.metadata = { ...after.metadata, generation: (before.metadata.generation ?? 0) + 1 };
  }
  const problems = new Problems();
  if (after.metadata !== before.metadata) validateMetadata(after.metadata, rules.name, problems);
  validateMetadataUpdate(written.value.metadata, before.metadata, problems);
  return allowed({ row, subresource, object: after, before, ctx }, problems);
}

/** What was written, unless it breaks a rule (422) or a plug-in refuses it (403). */
function allowed(request: AdmissionRequest & { before: StoredObject }, problems: Problems): Result<KubeObject> {
  const { row, object, before } = request;
  if (!problems.none) return refused(statusOf.invalid(row, before.metadata.name, problems.causes));
  const disallowed = validateByPlugins(request);
  return disallowed === undefined ? ok(object) : refused(disallowed);
}

/** The object is the one that the request's path names. */
function checkIdentity({ namespaced }: ResourceRow, before: StoredObject, draft: KubeObject): KubeStatus | undefined {
  const meta = draft.metadata;
  meta.name ??= before.metadata.name;
  if (meta.name !== before.metadata.name) {
    return statusOf.badRequest(
      `the name of the object (${meta.name}) does not match the name on the URL (${before.metadata.name})`,
    );
  }
  if (!namespaced) return undefined;
  meta.namespace ??= before.metadata.namespace;
  if (meta.namespace === before.metadata.namespace) return undefined;
  return statusOf.badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** The object is still the one that the client had read. */
function checkPreconditions(row: ResourceRow, before: StoredObject, draft: KubeObject): KubeStatus | undefined {
  const { uid } = draft.metadata;
  // As an integer it is none.
  const resourceVersion = /^0+$/.test(draft.metadata.resourceVersion ?? '')
    ? undefined
    : draft.metadata.resourceVersion;
  const { name } = before.metadata;
  if (uid !== undefined && uid !== before.metadata.uid) {
    return statusOf.conflict(
      row,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.metadata.uid}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
    return statusOf.conflict(row, name);
  }
  if (resourceVersion !== undefined || row.unconditionalUpdate !== false) return undefined;
  const problems = new Problems();
  problems.invalid('metadata.resourceVersion', new GoSyntax('0x0'), 'must be specified for an update');
  // Kubernetes has the resource there in the place of the kind.
  const { group, plural } = row;
  return statusOf.invalid({ group, plural, kind: plural }, name, problems.causes);
}

function replaceMain(
  row: ResourceRow,
  before: StoredObject,
  draft: KubeObject,
  ctx: AdmissionContext,
): Result<KubeObject> {
  const rules = rulesOf(row);
  rules.defaults?.(draft);
  if (row.versions[0].subresources.includes('status')) takeOver(draft, before, 'status');
  const forbidden = mutateByPlugins({ row, object: draft, before, ctx });
  if (forbidden !== undefined) return refused(forbidden);
  rules.prepareUpdate?.(draft, before, ctx);
  const after = keepingMetadata(before, draft);
  if (generationMoves(rules.generation, before, after)) {
    after.metadata = { ...after.metadata, generation: (before.metadata.generation ?? 0) + 1 };
  }
  const denied = rules.denies?.(after, ctx, before);
  if (denied !== undefined) return refused(denied);
  const problems = new Problems();
  if (after.metadata !== before.metadata) validateMetadata(after.metadata, rules.name, problems);
  validateMetadataUpdate(draft.metadata, before.metadata, problems);
  rules.validateUpdate?.(after, before, problems);
  rules.rows?.check(after, problems, { before });
  rules.validate?.(after, problems, ctx, before);
  if (problems.none) rules.allocate?.(after, before, problems, ctx);
  return allowed({ row, object: after, before, ctx }, problems);
}

/**
 * The status is what is submitted, and the rest stays. Of built-in kinds users may write metadata here too, as in Kubernetes
 * (the status strategies' PrepareForUpdate); of custom resources they may not.
 */
function replaceStatus(
  row: ResourceRow,
  before: StoredObject,
  draft: KubeObject,
  ctx: AdmissionContext,
): Result<KubeObject> {
  const { status: rules, name } = rulesOf(row);
  const isCustom = typeof row.versions[0].schema !== 'string';
  const sent: KubeObject = { ...before, metadata: { ...(isCustom ? before : draft).metadata } };
  for (const field of rules?.keeps ?? []) takeOver(sent.metadata, before.metadata, field);
  takeOver(sent, draft, 'status');
  rules?.defaults?.(sent, before, ctx);
  const after = keepingMetadata(before, sent);
  if (after.metadata === before.metadata && after['status'] === before['status']) return ok(before);
  const denied = rules?.denies?.(after, before, ctx);
  if (denied !== undefined) return refused(denied);
  const problems = new Problems();
  if (after.metadata !== before.metadata) validateMetadata(after.metadata, name, problems);
  validateMetadataUpdate(sent.metadata, before.metadata, problems);
  if (after['status'] !== before['status']) {
    rules?.rows?.check(after, problems, { before });
    rules?.validate?.(after, problems, before, ctx);
  }
  return problems.none ? ok(after) : refused(statusOf.invalid(row, before.metadata.name, problems.causes));
}

function takeOver<T extends object>(to: T, from: T, field: keyof T): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

/** The draft with the metadata that only the system writes, sharing with the object before whatever is equal. */
function keepingMetadata(before: StoredObject, draft: KubeObject): KubeObject {
  const { labels, annotations, finalizers, generateName } = draft.metadata;
  const ownerReferences = draft.metadata.ownerReferences && distinctOwners(draft.metadata.ownerReferences).kept;
  const metadata: Record<string, unknown> = { ...before.metadata };
  for (const [field, value] of Object.entries({ labels, annotations, ownerReferences, finalizers, generateName })) {
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
  const after: KubeObject = { ...draft, metadata };
  for (const field of Object.keys(after)) {
    if (after[field] !== before[field] && sameJson(after[field], before[field])) after[field] = before[field];
  }
  return after;
}

function generationMoves(counts: GenerationRule, before: KubeObject, after: KubeObject): boolean {
  switch (counts) {
    case 'none':
      return false;
    case 'spec':
      return after['spec'] !== before['spec'];
    case 'spec or annotations':
      return (
        after['spec'] !== before['spec'] ||
        !sameJson(after.metadata.annotations ?? {}, before.metadata.annotations ?? {})
      );
    case 'content':
      return Object.keys({ ...before, ...after }).some(
        (field) => field !== 'metadata' && after[field] !== before[field],
      );
  }
}
