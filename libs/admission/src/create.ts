import type { KubeObject, ResourceRow } from '@shiplog/contracts';
import {
  decodeObject,
  expectedAt,
  ok,
  Problems,
  refused,
  type Result,
  statusOf,
  toSeconds,
  toStored,
  versionedAs,
  type VersionedResource,
} from '@shiplog/apimachinery';
import type { AdmissionContext } from './context';
import { mutateCreated, validateCreated } from './dynamic/admit';
import { rulesOf } from './kinds';
import { generatedName } from './metadata/generated-name';
import { distinctOwners } from './metadata/owners';
import { validateMetadata } from './metadata/validate';
import { checkNamespace, settleNamespace } from './namespace';
import { mutateByPlugins, validateByPlugins } from './plugins';

/**
 * Admits a new object: reads it (400), settles its namespace (400, 403, 404) and name, fills in defaults, has the admission plug-ins fill in
 * theirs (403), checks every rule (422 with causes), takes what it needs of the cluster, and has the plug-ins look at it (403). The result has uid (= ctx.seed) and creationTimestamp, and no
 * resourceVersion. Whether the name is taken (409) is the caller's question, as only generated names are checked here.
 */
export function admitCreate(row: ResourceRow, object: unknown, ctx: AdmissionContext): Result<KubeObject> {
  const resource = versionedAs(row, ctx.apiVersion);
  if (resource === undefined) return refused(statusOf.noSuchPath());
  const decoded = decodeObject(expectedAt(resource), object);
  if (!decoded.ok) return decoded;
  const draft = toStored(row, resource.version, decoded.value);
  const { resourceVersion = '0' } = draft.metadata;
  delete draft.metadata.resourceVersion;
  if (resourceVersion !== '0') {
    return refused(statusOf.badRequest('resourceVersion should not be set on objects to be created'));
  }
  const misplaced = settleNamespace(row, draft, ctx.namespace) ?? checkNamespace(row, draft, ctx);
  if (misplaced !== undefined) return refused(misplaced);
  const mutated = mutate(resource, draft, ctx);
  if (!mutated.ok) return mutated;
  return admitDraft(resource, mutated.value, ctx);
}

/** The draft with what the cluster fills in, and with what its policies and webhooks make of that. */
function mutate(resource: VersionedResource, draft: KubeObject, ctx: AdmissionContext): Result<KubeObject> {
  const { row } = resource;
  const isNamed = draft.metadata.name !== undefined;
  const filledIn = fillIn(row, draft, ctx);
  if (!filledIn.ok || ctx.dynamic === undefined) return filledIn;
  const mutated = mutateCreated(resource, draft, isNamed, ctx, (changed) => fillIn(row, changed, ctx));
  if (!mutated.ok || mutated.value === draft) return mutated;
  const misplaced = settleNamespace(row, mutated.value, ctx.namespace ?? draft.metadata.namespace);
  return misplaced === undefined ? fillIn(row, mutated.value, ctx) : refused(misplaced);
}

/** What the system says of a new object, its defaults, and what the plug-ins fill in; in place. */
function fillIn(row: ResourceRow, draft: KubeObject, ctx: AdmissionContext): Result<KubeObject> {
  const rules = rulesOf(row);
  stamp(row, draft, ctx);
  if (rules.generation !== 'none') draft.metadata.generation = 1;
  rules.defaults?.(draft);
  const forbidden = mutateByPlugins({ row, object: draft, ctx });
  return forbidden === undefined ? ok(draft) : refused(forbidden);
}

/** A draft that is as it is to be, if it breaks no rule. */
function admitDraft(resource: VersionedResource, draft: KubeObject, ctx: AdmissionContext): Result<KubeObject> {
  const { row } = resource;
  const rules = rulesOf(row);
  rules.prepareCreate?.(draft, ctx);
  const denied = rules.denies?.(draft, ctx);
  if (denied !== undefined) return refused(denied);
  const problems = new Problems();
  validateMetadata(draft.metadata, rules.name, problems);
  rules.rows?.check(draft, problems);
  rules.validate?.(draft, problems, ctx);
  if (problems.none) rules.allocate?.(draft, undefined, problems, ctx);
  if (!problems.none) return refused(statusOf.invalid(row, draft.metadata.name ?? '', problems.causes));
  const disallowed = validateByPlugins({ row, object: draft, ctx }) ?? validateCreated(resource, draft, ctx);
  return disallowed === undefined ? ok(draft) : refused(disallowed);
}

/** What only the system says of an object. */
function stamp(row: ResourceRow, draft: KubeObject, ctx: AdmissionContext): void {
  const meta = draft.metadata;
  if (meta.name === undefined && meta.generateName !== undefined) meta.name = generatedName(row, draft, ctx);
  meta.uid = ctx.seed;
  meta.creationTimestamp = toSeconds(ctx.now);
  if (meta.ownerReferences !== undefined) meta.ownerReferences = distinctOwners(meta.ownerReferences).kept;
  delete meta.generation;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
}
