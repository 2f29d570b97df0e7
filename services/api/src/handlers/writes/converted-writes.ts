import { Injectable } from '@nestjs/common';
import type { ClientPatchType, KubeObject, ObjectKey } from '@shiplog/contracts';
import { validateCustomObject } from '@shiplog/admission';
import { applyPatch, decodeObject, expectedAt, fromStored, Problems, statusOf } from '@shiplog/apimachinery';
import { ClusterCache, objectIn } from '../../cache/cluster-cache';
import { ReadBarrier } from '../../cache/read-barrier';
import { throwStatus, unwrap } from '../../rest/errors';
import { storedResource, versionAsSent, type ResourceRequest } from '../../rest/request';
import { Conversions } from '../conversion/conversions';

/** An object as a command has it: in the version that it was sent in, or already in that which is stored. */
export interface Sent {
  readonly object: KubeObject;
  readonly apiVersion?: string;
}

/**
 * Writes in versions that only a webhook can convert. The journal asks nobody, so what it gets is what is to be stored: the
 * object is read and validated in its own version here, and a patch of such a version becomes a replacement of what it was made of.
 */
@Injectable()
export class ConvertedWrites {
  constructor(
    private readonly cluster: ClusterCache,
    private readonly barrier: ReadBarrier,
    private readonly conversions: Conversions,
  ) {}

  /** Whether a request is in such a version. Scale is of no version of the resource. */
  isNeeded(request: ResourceRequest): boolean {
    const resource = storedResource(request);
    const isOther = resource.version !== resource.row.versions[0];
    return isOther && this.conversions.isNeeded(resource) && request.target.subresource?.name !== 'scale';
  }

  /** What a command says of the object of a request. 400, 422 or 500 where it can't be read, breaks its schema, or can't be converted. */
  async sent(request: ResourceRequest, object: KubeObject): Promise<Sent> {
    if (!this.isNeeded(request)) return { object, ...versionAsSent(request) };
    const resource = storedResource(request);
    const read = unwrap(decodeObject(expectedAt(resource), object));
    const problems = new Problems();
    validateCustomObject(resource.version, read, problems, undefined);
    const { name = '' } = read.metadata;
    if (!problems.none) throwStatus(statusOf.invalid(resource.row, name, problems.causes));
    return { object: await this.conversions.toStored(resource, read) };
  }

  /** The object that a patch makes of the newest one, with the version of that. 404 when there is none. */
  async patched(request: ResourceRequest, key: ObjectKey, patchType: ClientPatchType, patch: unknown): Promise<Sent> {
    const resource = storedResource(request);
    await this.barrier.before({ at: 'latest' });
    const before = objectIn(this.cluster.projection, key.resource, key.namespace, key.name);
    if (before === undefined) throwStatus(statusOf.notFound(resource.row, key.name));
    await this.conversions.prepare(resource, [before]);
    const view = fromStored(resource.version, before);
    const { resourceVersion } = before.metadata;
    const made = unwrap(applyPatch(expectedAt(resource), patchType, view, patch));
    const { object } = await this.sent(request, made);
    return { object: { ...object, metadata: { resourceVersion, ...object.metadata } } };
  }
}
