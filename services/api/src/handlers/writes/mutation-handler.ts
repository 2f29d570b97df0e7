import { Inject, Injectable } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import {
  StatusError,
  type AnyCommand,
  type DeletionOptions,
  type KubeObject,
  type ObjectKey,
  type ResourceRow,
  type StoredObject,
} from '@shiplog/contracts';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { scaleOf, warningsOf } from '@shiplog/admission';
import { fromStored, managedFieldsOf, sameJson, statusOf, withoutOwners } from '@shiplog/apimachinery';
import { deletedAnswer, jsonAnswer, successAnswer, type Answer, type BodyAnswer } from '../../rest/answer';
import { parseDeleteOptions, parseObject, parsePatch, type Expected } from '../../rest/body';
import { throwStatus } from '../../rest/errors';
import { evictionOf } from '../../rest/eviction';
import { fieldManagementOf } from '../../rest/field-manager';
import { checkFields, checkPatch } from '../../rest/field-validation';
import { checkListOptions } from '../../rest/list-options';
import { negotiate } from '../../rest/negotiate';
import { codeOfWaiting, deletionOf, dryRunOf, param, selectionOf } from '../../rest/options';
import { ownerWarnings } from '../../rest/owner-warnings';
import { presentationOf, presentList, presentObject, type Presentation } from '../../rest/present';
import { keyOf, storedResource, versionAsSent, type ResourceRequest } from '../../rest/request';
import { withWarnings } from '../../rest/warning-header';
import { Conversions } from '../conversion/conversions';
import { ConvertedWrites } from './converted-writes';
import { writeTimeout } from './write-timeout';
import { YamlReader } from './yaml-reader';
import { ClusterCache, objectIn } from '../../cache/cluster-cache';
import { statusOfFailure } from '../../common/failures';
import { Clock } from '../../common/clock';
import { EventRecorder } from '../events/event-recorder';
import type { ApiConfig } from '../../settings';
import { EphemeralState } from '../events/ephemeral-state';
import { select } from '../../rest/select';
import { WriteResults, type Accepted } from './write-results';

type CommandOf<T extends AnyCommand['type']> = Omit<Extract<AnyCommand, { type: T }>, 'id' | 'actor' | 'user'>;

/** Deletions that are sent at once, without waiting for one another. */
const AT_ONCE = 64;

/** As often as Kubernetes applies a patch anew. */
const PATCH_ATTEMPTS = 5;

/** What is known before a write. */
interface BeforeWrite {
  /** Of what the client sent. */
  readonly warnings: readonly string[];
  /** What an update is to change; undefined when that is not known here yet. */
  readonly object?: StoredObject | undefined;
}

/** Answers every verb that changes something: forms the command, and shows what the journal made of it. */
@Injectable()
export class MutationHandler {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: Pick<ApiConfig, 'commandTimeout'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly cluster: ClusterCache,
    private readonly results: WriteResults,
    private readonly yaml: YamlReader,
    private readonly ephemeral: EphemeralState,
    private readonly recorder: EventRecorder,
    private readonly clock: Clock,
    private readonly conversions: Conversions,
    private readonly converted: ConvertedWrites,
  ) {}

  async create(request: ResourceRequest): Promise<Answer> {
    const { target, body, contentType } = request;
    if (target.subresource?.name === 'eviction') return this.#evict(request);
    if (target.subresource?.name === 'binding' || target.resource.stored === undefined) return this.#bind(request);
    const { row } = storedResource(request);
    const shown = presentationOf(request, this.clock.now());
    const duplicates: string[] = [];
    const object = withMetadata(await parseObject(body, contentType, this.yaml, expectedOf(request, duplicates)));
    const warnings = [...checkFields(request, object, duplicates, 'CreateOptions'), ...ownerWarnings(object)];
    const dryRun = dryRunOf(request.query.dryRun, 'CreateOptions');
    const place = { resource: row.id, namespace: target.namespace };
    const managed = fieldManagementOf(request, 'CreateOptions');
    const sent = await this.converted.sent(request, object);
    const data = { ...place, ...sent, ...managed, ...(dryRun ? { dryRun } : {}) };
    const reply = await this.#send(request, { type: 'CreateObject', data });
    return this.#show(request, 201, reply, shown, { warnings });
  }

  async update(request: ResourceRequest): Promise<Answer> {
    const shown = presentationOf(request, this.clock.now());
    const { body, contentType } = request;
    const duplicates: string[] = [];
    const object = withMetadata(await parseObject(body, contentType, this.yaml, expectedOf(request, duplicates)));
    const key = keyOf(request);
    checkName(object, key);
    const warnings = [...checkFields(request, object, duplicates, 'UpdateOptions'), ...ownerWarnings(object)];
    const dryRun = dryRunOf(request.query.dryRun, 'UpdateOptions');
    const managed = fieldManagementOf(request, 'UpdateOptions');
    const made = await this.#made(key);
    const { row } = storedResource(request);
    const before = { warnings, object: made.made ?? this.#known(key) };
    const sent = await this.converted.sent(request, withoutKnownManagedFields(row, object, before.object));
    const data = { ...key, ...subresourceOf(request), ...sent, ...managed, ...made, ...(dryRun ? { dryRun } : {}) };
    const reply = await this.#send(request, { type: 'ReplaceObject', data });
    const isNew = row.createOnUpdate === true && (await this.#isNew(key, reply, before));
    const code = isNew ? 201 : 200;
    return this.#show(request, code, reply, shown, before);
  }

  /** Whether what can make an object has made it. */
  async #isNew(key: ObjectKey, reply: Accepted, { object }: BeforeWrite): Promise<boolean> {
    if (object !== undefined) return false;
    await this.results.reached(reply.position);
    return (await this.results.objectBefore(key, reply)) === undefined;
  }

  async patch(request: ResourceRequest): Promise<Answer> {
    const shown = presentationOf(request, this.clock.now());
    const duplicates: string[] = [];
    const { type: patchType, patch } = await parsePatch(request.body, request.contentType, this.yaml, (text) =>
      duplicates.push(text),
    );
    const managed = fieldManagementOf(request, 'PatchOptions', patchType);
    const dryRun = dryRunOf(request.query.dryRun, 'PatchOptions');
    const key = keyOf(request);
    const made = await this.#made(key);
    const object = made.made ?? this.#known(key);
    const warnings = [
      ...checkPatch(request, { type: patchType, patch }, duplicates, object),
      ...ownerWarnings(patch, patchType),
    ];
    const data = { ...key, ...partOf(request), patchType, patch, ...managed, ...made, ...(dryRun ? { dryRun } : {}) };
    const before = { warnings, object };
    const reply = this.converted.isNeeded(request)
      ? await this.#patchConverted(request, data)
      : await this.#send(request, { type: 'PatchObject', data });
    const code = patchType === 'apply' && (await this.#isNew(key, reply, before)) ? 201 : 200;
    return this.#show(request, code, reply, shown, before);
  }

  /** A patch of a version that only a webhook can convert: a replacement, tried again when another write came between. */
  async #patchConverted(request: ResourceRequest, patch: CommandOf<'PatchObject'>['data']): Promise<Accepted> {
    const { patchType, patch: body, apiVersion: _sent, force: _force, ...rest } = patch;
    if (patchType === 'apply') {
      throwStatus(statusOf.badRequest('server-side apply needs the version that objects are stored in'));
    }
    for (let attempt = 1; ; attempt++) {
      const { object } = await this.converted.patched(request, keyOf(request), patchType, body);
      try {
        return await this.#send(request, { type: 'ReplaceObject', data: { ...rest, object } });
      } catch (error) {
        if (attempt >= PATCH_ATTEMPTS || !(error instanceof StatusError) || error.status.reason !== 'Conflict')
          throw error;
      }
    }
  }

  async delete(request: ResourceRequest): Promise<Answer> {
    const key = keyOf(request);
    const { row } = storedResource(request);
    const shown = presentationOf(request, this.clock.now());
    const body = await parseDeleteOptions(request.body, request.contentType, this.yaml);
    const { dryRun, ...options } = deletionOf(request.query, body);
    const data = { ...key, ...options, ...(await this.#made(key)), ...(dryRun ? { dryRun } : {}) };
    const reply = await this.#send(request, { type: 'DeleteObject', data });
    const object = reply.object ?? (dryRun ? undefined : await this.results.objectAfter(key, reply));
    // What is gone at once is only confirmed; what waits for its finalizers or its grace period is shown waiting.
    if (object === undefined) return withWarnings(deletedAnswer(row, key.name, reply.uid), reply.warnings);
    await this.conversions.prepare(storedResource(request), [object as StoredObject]);
    const code = reply.object === undefined || dryRun ? codeOfWaiting(request.query, body) : 200;
    const answer = this.#presented(
      () => presentObject(code, object as StoredObject, shown),
      () => jsonAnswer(code, withoutOwners(object)),
    );
    return withWarnings(answer, reply.warnings);
  }

  async deleteCollection(request: ResourceRequest): Promise<Answer> {
    const resource = storedResource(request);
    const { id } = resource.row;
    const { query, target } = request;
    checkListOptions(query, false);
    const shown = presentationOf(request, this.clock.now());
    const { dryRun, ...options } = deletionOf(
      query,
      await parseDeleteOptions(request.body, request.contentType, this.yaml),
    );
    const selection = selectionOf(resource, target.namespace, query);
    const labelSelector = param(query, 'labelSelector');
    const fieldSelector = param(query, 'fieldSelector');
    await this.ephemeral.ready(id);
    const chosen = select(this.ephemeral.list(id, target.namespace), selection);
    const data = {
      resource: id,
      namespace: target.namespace,
      ...versionAsSent(request),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...options,
      ...(dryRun ? { dryRun } : {}),
    };
    const reply = await this.#send(request, { type: 'DeleteCollection', data });
    if (id === 'events' && !dryRun) await this.#deleteMade(request, chosen, options);
    await this.results.reached(reply.position);
    const metadata = { resourceVersion: String(this.cluster.projection.position) };
    await this.conversions.prepare(resource, chosen);
    const answer = this.#presented(
      () => presentList(chosen, metadata, shown),
      () => successAnswer(),
    );
    return withWarnings(answer, reply.warnings);
  }

  /** An Eviction: a deletion of the pod, by options that are in it, if the pod's disruption budget allows it. */
  async #evict(request: ResourceRequest): Promise<Answer> {
    // Its answer has one form; who can't read that is told before the pod is gone.
    negotiate(request.accept);
    const { body, contentType, query } = request;
    const key = keyOf(request);
    const sent = await parseObject(body, contentType, this.yaml, { kind: 'Eviction' });
    const { data, dryRun } = evictionOf(key, sent, query);
    const reply = await this.#send(request, { type: 'EvictPod', data: { ...data, ...(dryRun ? { dryRun } : {}) } });
    await this.results.reached(reply.position);
    return withWarnings({ ...successAnswer(), code: 201 }, reply.warnings);
  }

  /** A Binding, by the pod's subresource or by the old collection: gives a pod its node. */
  async #bind(request: ResourceRequest): Promise<Answer> {
    // Its answer has one form; who can't read that is told before the pod is bound.
    negotiate(request.accept);
    const binding = await parseObject(request.body, request.contentType, this.yaml, { kind: 'Binding' });
    const metadata = (binding.metadata ?? {}) as { name?: string; uid?: string };
    const target = (binding.target ?? {}) as { kind?: string; name?: string };
    const name = request.target.name ?? metadata.name ?? '';
    const { namespace } = request.target;
    if (name !== (metadata.name ?? '')) {
      throwStatus(statusOf.badRequest('name in URL does not match name in Binding object'));
    }
    if (target.name === undefined || target.name === '' || (target.kind ?? 'Node') !== 'Node') {
      throwStatus(statusOf.badRequest('target: must name a Node'));
    }
    const uid = metadata.uid ?? this.cluster.projection.get('pods', namespace, name)?.metadata.uid;
    if (uid === undefined) throwStatus(statusOf.notFound('pods', name));
    if (dryRunOf(request.query.dryRun, 'CreateOptions')) return { ...successAnswer(), code: 201 };
    const data = { bindings: [{ namespace, name, uid, node: target.name }] };
    const reply = await this.#send(request, { type: 'BindPods', data });
    const [result] = reply.results ?? [];
    if (result?.ok === false) throw new StatusError(result.status, reply.warnings);
    await this.results.reached(reply.position);
    return withWarnings({ ...successAnswer(), code: 201 }, reply.warnings);
  }

  async #send<T extends AnyCommand['type']>(request: ResourceRequest, command: CommandOf<T>): Promise<Accepted> {
    // Refused while the log is still being read: the answer could not be shown.
    const timeoutMs = writeTimeout(this.cluster.projection, this.config.commandTimeout);
    const { name: actor, ...user } = request.user;
    const whole = { id: newCommandId(), actor, user, ...command } as unknown as AnyCommand;
    const reply = await this.bus.command(whole, { timeoutMs });
    if (!reply.ok) throw new StatusError(reply.status, reply.warnings);
    return reply;
  }

  /** The object that a write left, in the version that it made; as it would have been, where the write let it go. */
  async #show(
    request: ResourceRequest,
    code: number,
    reply: Accepted,
    shown: Presentation,
    before: BeforeWrite,
  ): Promise<Answer> {
    const key = reply.key ?? keyOf(request);
    const object =
      (reply.object as StoredObject | undefined) ??
      (await this.results.objectAfter(key, reply)) ??
      withoutFinalizers(await this.results.objectBefore(key, reply));
    const { row, version } = storedResource(request);
    if (object === undefined) throwStatus(statusOf.notFound(row, key.name));
    await this.conversions.prepare({ row, version }, [object]);
    const isScale = request.target.subresource?.name === 'scale';
    const answer = this.#presented(
      () =>
        isScale ? jsonAnswer(code, scaleOf(version, fromStored(version, object))) : presentObject(code, object, shown),
      () => jsonAnswer(code, withoutOwners(object)),
    );
    const { warnings = [] } = reply;
    return withWarnings(answer, [...before.warnings, ...admissionWarnings(request, object, before), ...warnings]);
  }

  /** Of an Event that is made from the log, itself: the journal does not have it. */
  async #made({ resource, namespace, name }: ObjectKey): Promise<{ made?: StoredObject }> {
    const ready = this.ephemeral.ready(resource);
    if (ready === undefined) return {};
    await ready;
    const made = this.recorder.get(namespace, name);
    return made === undefined ? {} : { made };
  }

  /** Each Event that is made from the log goes by an event of its own. */
  async #deleteMade(
    request: ResourceRequest,
    chosen: readonly StoredObject[],
    options: DeletionOptions,
  ): Promise<void> {
    const deleteIt = async ({ metadata: { name, namespace = '' } }: StoredObject): Promise<void> => {
      const made = this.recorder.get(namespace, name);
      if (made === undefined) return;
      const data = { resource: 'events', namespace, name, ...options, made };
      const reply = await this.#send(request, { type: 'DeleteObject', data }).catch((error: unknown) => {
        // Gone already.
        if (statusOfFailure(error)?.code !== 404) throw error;
      });
      if (reply !== undefined) await this.results.reached(reply.position);
    };
    for (let from = 0; from < chosen.length; from += AT_ONCE) {
      await Promise.all(chosen.slice(from, from + AT_ONCE).map(deleteIt));
    }
  }

  #known({ resource, namespace, name }: ObjectKey): StoredObject | undefined {
    return objectIn(this.cluster.projection, resource, namespace, name);
  }

  /** A view of what a write left; where a defect keeps it from being made, the plain answer: the write has happened. */
  #presented(make: () => BodyAnswer, plain: () => BodyAnswer): BodyAnswer {
    try {
      return make();
    } catch (error) {
      this.logger.error({ err: error }, 'the result of a write could not be presented as requested');
      return plain();
    }
  }
}

/** An object that waited for nothing but its last finalizer, when that is taken away. */
function withoutFinalizers(object: StoredObject | undefined): StoredObject | undefined {
  if (object === undefined) return undefined;
  const { finalizers: _removed, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What admission has to say of the whole object; of subresources it has nothing to say. */
function admissionWarnings(request: ResourceRequest, object: StoredObject, before: BeforeWrite): readonly string[] {
  if (request.target.subresource !== undefined) return [];
  const previous = request.verb === 'create' ? undefined : (before.object ?? object);
  return warningsOf(storedResource(request).row, object, previous);
}

/** Which part of an object a request is about, in which version. */
function partOf(request: ResourceRequest): { subresource?: string; apiVersion?: string } {
  return { ...versionAsSent(request), ...subresourceOf(request) };
}

function subresourceOf({ target: { subresource } }: ResourceRequest): { subresource?: string } {
  return subresource === undefined ? {} : { subresource: subresource.name };
}

/** What the body of a create or an update is; fields that it gives twice are added to the list. */
function expectedOf({ target }: ResourceRequest, duplicates: string[]): Expected {
  const isScale = target.subresource?.name === 'scale';
  return { kind: isScale ? 'Scale' : target.resource.kind, onDuplicate: (text) => duplicates.push(text) };
}

/**
 * A replacement without the managedFields that its client has read here and sends back: to tell that they are the same takes as long
 * as to make them, which the journal need not do.
 */
function withoutKnownManagedFields(row: ResourceRow, object: KubeObject, known: StoredObject | undefined): KubeObject {
  const { managedFields, ...metadata } = object.metadata;
  if (!Array.isArray(managedFields) || known === undefined) return object;
  return sameJson(managedFields, managedFieldsOf(row, known)) ? { ...object, metadata } : object;
}

/** The journal says what is wrong with an object's metadata; only its place in a command is made sure of here. */
function withMetadata(object: Record<string, unknown>): KubeObject {
  return (
    object.metadata === undefined || object.metadata === null ? { ...object, metadata: {} } : object
  ) as KubeObject;
}

/** 400, in Kubernetes' words, where a replacement does not say which object it is. */
function checkName({ metadata: { name } }: KubeObject, key: ObjectKey): void {
  if (name === undefined || name === null || name === '') {
    const text = `the name of the object (${key.name} based on URL) was undeterminable: name must be provided`;
    throwStatus(statusOf.badRequest(text));
  }
  // A name that is no text is refused with all else that has not its type.
  if (name === key.name || typeof name !== 'string') return;
  throwStatus(statusOf.badRequest(`the name of the object (${name}) does not match the name on the URL (${key.name})`));
}
