import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { apiVersionOf, storedApiVersion, type KubeObject, type StoredObject } from '@shiplog/contracts';
import { isShown, noteShown, statusOf, type VersionedResource } from '@shiplog/apimachinery';
import { throwStatus } from '../../rest/errors';
import { ConversionFailed, convertedBy, nameOfKind, reviewVersion, type ConversionReview } from './review';
import { WebhookClient } from './webhook-client';

/** Objects that a webhook is sent at once. */
const BATCH = 500;

/**
 * Converts objects of resources whose versions differ in more than their apiVersion, by asking the webhook of their definition.
 * What a version shows of a stored object is asked once, for all who read it.
 */
@Injectable()
export class Conversions {
  constructor(private readonly webhooks: WebhookClient) {}

  /** Whether only a webhook knows how a version of a resource shows objects that were stored in another. */
  isNeeded({ row }: VersionedResource): boolean {
    return row.conversion !== undefined;
  }

  /** Those of some objects that a version can't show yet. */
  unknown(resource: VersionedResource, objects: readonly StoredObject[]): readonly StoredObject[] {
    return this.isNeeded(resource) ? objects.filter((object) => !isShown(resource.version, object)) : [];
  }

  /** Sees to it that a version can show some objects. 500, in the words of Kubernetes, where the webhook fails. */
  async prepare(resource: VersionedResource, objects: readonly StoredObject[]): Promise<void> {
    const missing = this.unknown(resource, objects);
    for (let from = 0; from < missing.length; from += BATCH) {
      const batch = missing.slice(from, from + BATCH);
      const views = await this.#convert(resource, batch, apiVersionOf(resource.version));
      batch.forEach((object, i) => noteShown(resource.version, object, views[i]!));
    }
  }

  /** An object of a version as it is to be stored. */
  async toStored(resource: VersionedResource, object: KubeObject): Promise<KubeObject> {
    const apiVersion = storedApiVersion(resource.row);
    if (!this.isNeeded(resource) || object.apiVersion === apiVersion) return object;
    const [stored] = await this.#convert(resource, [object], apiVersion);
    return stored!;
  }

  async #convert(
    { row: { conversion } }: VersionedResource,
    objects: readonly KubeObject[],
    desiredAPIVersion: string,
  ): Promise<KubeObject[]> {
    const version = reviewVersion(conversion?.conversionReviewVersions ?? []);
    const review: ConversionReview = {
      apiVersion: `apiextensions.k8s.io/${version}`,
      kind: 'ConversionReview',
      request: { uid: randomUUID(), desiredAPIVersion, objects },
    };
    try {
      return convertedBy(await this.webhooks.post(conversion!, review), review);
    } catch (error) {
      const about = objects[0] === undefined ? '' : nameOfKind(objects[0]);
      const reason = error instanceof Error ? error.message : String(error);
      const message = error instanceof ConversionFailed ? reason : `conversion webhook for ${about} failed: ${reason}`;
      return throwStatus({ ...statusOf.internal(message), message });
    }
  }
}
