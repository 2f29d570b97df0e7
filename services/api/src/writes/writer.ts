import { Inject, Injectable } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import type { AnyCommand, CommandReply, KubeObject, KubeStatus, ObjectKey, StoredObject } from '@shiplog/contracts';
import { resourceRow } from '@shiplog/contracts';
import { BUS, CONFIG } from '@shiplog/service';
import { scaleOf, statusOf, strictDecodingError, unknownFields } from '@shiplog/machinery';
import { JSON_TYPE, jsonAnswer, type Answer, type BodyAnswer } from '../rest/answer';
import { parseDeleteOptions, parseObject, parsePatch } from '../rest/body';
import { refuse, statusOfFailure } from '../rest/failures';
import { negotiate } from '../rest/negotiate';
import { deletionOf, dryRunOf, fieldValidationOf, includeObjectOf, param, selectionOf } from '../rest/options';
import { presentList, presentObject, type Presentation } from '../rest/present';
import { nameOf, storedResource, type ResourceRequest } from '../rest/request';
import { warningHeader } from '../rest/warning-header';
import { objectIn, ClusterView } from '../cache/cluster-view';
import { Hub } from '../cache/hub';
import { Clock } from '../common/clock';
import { Narrator } from '../narration/narrator';
import type { ApiConfig } from '../settings';
import { Overlay } from '../narration/overlay';
import { select } from '../rest/select';
import { Versions } from '../cache/versions';

type Accepted = Extract<CommandReply, { ok: true }>;
type CommandOf<T extends AnyCommand['type']> = Omit<Extract<AnyCommand, { type: T }>, 'id' | 'actor'>;

/** How long the projection may lag a reply before the object is asked of the journal instead, in milliseconds. */
const LAG_MS = 2_000;

/** Answers every verb that changes something: forms the command, and shows what the journal made of it. */
@Injectable()
export class Writer {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: Pick<ApiConfig, 'commandTimeout'>,
    private readonly view: ClusterView,
    private readonly hub: Hub,
    private readonly versions: Versions,
    private readonly overlay: Overlay,
    private readonly narrator: Narrator,
    private readonly clock: Clock,
  ) {}

  async create(request: ResourceRequest): Promise<Answer> {
    const { target, body, contentType } = request;
    if (target.subresource?.name === 'binding' || target.resource.row === undefined) return this.#bind(request);
    const resource = storedResource(request);
    const shown = presentationOf(request, this.clock);
    const object = withMetadata(parseObject(body, contentType));
    const warnings = checkFields(request, object);
    const dryRun = dryRunOf(request.query.dryRun);
    const data = { resource, namespace: target.namespace, object, ...(dryRun ? { dryRun } : {}) };
    const reply = await this.#send(request, { type: 'CreateObject', data });
    return this.#show(request, 201, reply, shown, warnings);
  }

  async update(request: ResourceRequest): Promise<Answer> {
    const shown = presentationOf(request, this.clock);
    const object = withMetadata(parseObject(request.body, request.contentType));
    const key = keyOf(request);
    const named = object.metadata.name;
    if (named !== undefined && named !== '' && named !== key.name) {
      refuse(statusOf.badRequest(`the name of the object (${named}) does not match the name on the URL (${key.name})`));
    }
    const warnings = checkFields(request, object);
    const dryRun = dryRunOf(request.query.dryRun);
    const data = { ...key, ...subresourceOf(request), object, ...(dryRun ? { dryRun } : {}) };
    return this.#show(request, 200, await this.#send(request, { type: 'ReplaceObject', data }), shown, warnings);
  }

  async patch(request: ResourceRequest): Promise<Answer> {
    const shown = presentationOf(request, this.clock);
    const { type: patchType, patch } = parsePatch(request.body, request.contentType);
    const dryRun = dryRunOf(request.query.dryRun);
    const warnings = patchType === 'json' ? [] : checkFields(request, patch);
    const data = { ...keyOf(request), ...subresourceOf(request), patchType, patch, ...(dryRun ? { dryRun } : {}) };
    return this.#show(request, 200, await this.#send(request, { type: 'PatchObject', data }), shown, warnings);
  }

  async delete(request: ResourceRequest): Promise<Answer> {
    const key = keyOf(request);
    const shown = presentationOf(request, this.clock);
    const { dryRun, ...options } = deletionOf(request.query, parseDeleteOptions(request.body, request.contentType));
    if (key.resource === 'events' && this.narrator.remove(key.namespace, key.name)) return success(key);
    const data = { ...key, ...options, ...(dryRun ? { dryRun } : {}) };
    const reply = await this.#send(request, { type: 'DeleteObject', data });
    const object = dryRun ? reply.object : await this.#shownAfter(key, reply);
    // What is gone at once is only confirmed; what waits for its finalizers or its grace period is shown waiting.
    if (object === undefined) return success(key, reply.uid);
    return presentObject(200, object as StoredObject, shown);
  }

  async deleteCollection(request: ResourceRequest): Promise<Answer> {
    const resource = storedResource(request);
    const { query, target } = request;
    const shown = presentationOf(request, this.clock);
    const { dryRun, ...options } = deletionOf(query, parseDeleteOptions(request.body, request.contentType));
    const selection = selectionOf(resource, target.namespace, query);
    const labelSelector = param(query, 'labelSelector');
    const fieldSelector = param(query, 'fieldSelector');
    const chosen = select(resource, this.overlay.list(resource, target.namespace), selection);
    const data = {
      resource,
      namespace: target.namespace,
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...options,
      ...(dryRun ? { dryRun } : {}),
    };
    const reply = await this.#send(request, { type: 'DeleteCollection', data });
    if (resource === 'events' && !dryRun) {
      for (const { metadata } of chosen) this.narrator.remove(metadata.namespace ?? '', metadata.name);
    }
    await this.#reached(reply.position);
    const metadata = { resourceVersion: String(this.view.projection.position) };
    return presentList(chosen, metadata, shown);
  }

  /** A Binding, by the pod's subresource or by the old collection: gives a pod its node. */
  async #bind(request: ResourceRequest): Promise<Answer> {
    const binding = parseObject(request.body, request.contentType);
    const metadata = (binding.metadata ?? {}) as { name?: string; uid?: string };
    const target = (binding.target ?? {}) as { kind?: string; name?: string };
    const name = request.target.name ?? metadata.name ?? '';
    const { namespace } = request.target;
    if (target.name === undefined || target.name === '' || (target.kind ?? 'Node') !== 'Node') {
      refuse(statusOf.badRequest('target: must name a Node'));
    }
    const uid = metadata.uid ?? this.view.projection.get('pods', namespace, name)?.metadata.uid;
    if (uid === undefined) refuse(statusOf.notFound('pods', name));
    if (dryRunOf(request.query.dryRun)) return success();
    const data = { bindings: [{ namespace, name, uid, node: target.name }] };
    const reply = await this.#send(request, { type: 'BindPods', data });
    const [result] = reply.results ?? [];
    if (result?.ok === false) refuse(result.status);
    await this.#reached(reply.position);
    return { ...success(), code: 201 };
  }

  async #send<T extends AnyCommand['type']>(request: ResourceRequest, command: CommandOf<T>): Promise<Accepted> {
    // Refused while the log is still being read: the answer could not be shown.
    void this.view.projection;
    const whole = { id: newCommandId(), actor: request.user.name, ...command } as AnyCommand;
    const reply = await this.bus.command(whole, { timeoutMs: this.config.commandTimeout });
    if (!reply.ok) refuse(reply.status);
    return reply;
  }

  /** The object that a write left, in the version that it made. */
  async #show(
    request: ResourceRequest,
    code: number,
    reply: Accepted,
    shown: Presentation,
    warnings: readonly string[],
  ): Promise<Answer> {
    const key = reply.key ?? keyOf(request);
    const object = (reply.object as StoredObject | undefined) ?? (await this.#shownAfter(key, reply));
    if (object === undefined) refuse(statusOf.notFound(key.resource, key.name));
    const answer =
      request.target.subresource?.name === 'scale'
        ? jsonAnswer(code, scaleOf(object as never))
        : presentObject(code, object, shown);
    return warnings.length === 0 ? answer : { ...answer, headers: { warning: warningHeader(warnings) } };
  }

  /** What a write left, to be shown. When it can't be had, the client is told that the write happened all the same. */
  async #shownAfter(key: ObjectKey, reply: Accepted): Promise<StoredObject | undefined> {
    try {
      return await this.#objectAfter(key, reply);
    } catch (error) {
      const why = statusOfFailure(error)?.message ?? 'it could not be read';
      return refuse(
        statusOf.timeout(`the request took effect (resourceVersion ${reply.position}), but can't be shown: ${why}`),
      );
    }
  }

  /** An object as it was right after a write, though others may have changed it since; undefined when it was gone. */
  async #objectAfter(
    { resource, namespace, name }: ObjectKey,
    { position }: Accepted,
  ): Promise<StoredObject | undefined> {
    const { hub } = this;
    const { projection } = this.view;
    if (await this.#reached(position)) {
      const now = objectIn(projection, resource, namespace, name);
      if (now === undefined || Number(now.metadata.resourceVersion) <= position) return now;
      const then = hub.versionAt(resource, namespace, name, position);
      if (then !== undefined) return then;
    }
    return this.versions.objectAt(resource, namespace, name, position);
  }

  /** Waits until the projection has a write; false when it is held up. Usually it has it already. */
  async #reached(position: number): Promise<boolean> {
    const { projection } = this.view;
    if (projection.position >= position) return true;
    return projection.waitFor(position, LAG_MS).then(
      () => true,
      () => false,
    );
  }
}

/** How the client wants what it wrote: found out before the write, so that no wish refuses what has happened. */
function presentationOf(request: ResourceRequest, clock: Clock): Presentation {
  return {
    resource: storedResource(request),
    negotiated: negotiate(request.accept),
    includeObject: includeObjectOf(request.query),
    now: clock.now(),
  };
}

function keyOf(request: ResourceRequest): ObjectKey {
  return { resource: storedResource(request), namespace: request.target.namespace, name: nameOf(request) };
}

function subresourceOf({ target }: ResourceRequest): { subresource?: string } {
  return target.subresource === undefined ? {} : { subresource: target.subresource.name };
}

/** The journal says what is wrong with an object's metadata; only its place in a command is made sure of here. */
function withMetadata(object: Record<string, unknown>): KubeObject {
  return (
    object.metadata === undefined || object.metadata === null ? { ...object, metadata: {} } : object
  ) as KubeObject;
}

/** Fields that the API does not know: refused or warned of, as the client asks. */
function checkFields(request: ResourceRequest, submitted: unknown): string[] {
  const validation = fieldValidationOf(request.query);
  if (validation === 'Ignore') return [];
  const resource = storedResource(request);
  const found = unknownFields(resource, submitted, request.target.subresource?.name);
  // A strategic patch has directives among the fields: `$patch`, `$setElementOrder/containers` and the like.
  const unknown = request.verb === 'patch' ? found.filter((field) => !/(^|[.\]])\$/.test(field)) : found;
  if (unknown.length > 0 && validation === 'Strict') refuse(strictDecodingError(resource, unknown));
  return unknown.map((field) => `unknown field "${field}"`);
}

/** The Status that confirms a delete or a binding. */
function success(key?: ObjectKey, uid?: string): BodyAnswer {
  const details =
    key === undefined
      ? undefined
      : {
          name: key.name,
          ...groupOf(key),
          kind: resourceRow(key.resource).plural,
          ...(uid === undefined ? {} : { uid }),
        };
  const status: KubeStatus = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details === undefined ? {} : { details }),
  };
  return { kind: 'body', code: 200, type: JSON_TYPE, body: `${JSON.stringify(status)}\n` };
}

function groupOf({ resource }: ObjectKey): { group?: string } {
  const { group } = resourceRow(resource);
  return group === '' ? {} : { group };
}
