import type { KubeObject } from '@shiplog/contracts';
import { isJsonObject, sameJson } from '@shiplog/apimachinery';

/** What a conversion webhook is asked: a ConversionReview of apiextensions.k8s.io, in v1 or v1beta1, which are alike. */
export interface ConversionReview {
  readonly apiVersion: string;
  readonly kind: 'ConversionReview';
  readonly request: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly KubeObject[];
  };
}

/** The webhook did not do what it was asked; the text is what Kubernetes says of it. */
export class ConversionFailed extends Error {}

/** Of the versions that a webhook understands, the one that it is spoken to in. */
export function reviewVersion(versions: readonly string[]): string {
  return versions.find((version) => version === 'v1' || version === 'v1beta1') ?? 'v1';
}

/** How errors call what was to be converted: `stable.example.com/v1, Kind=CronTab`. */
export function nameOfKind({ apiVersion, kind }: KubeObject): string {
  return `${apiVersion}, Kind=${kind}`;
}

/**
 * The converted objects, in the order of those that were sent. A webhook may change no more of metadata than labels and annotations;
 * what it does to the rest is undone, so that an object stays the object that it is.
 * @throws ConversionFailed where the answer is none
 */
export function convertedBy(answer: unknown, { request, apiVersion }: ConversionReview): KubeObject[] {
  const about = request.objects[0] === undefined ? '' : nameOfKind(request.objects[0]);
  const fail = (text: string): never => {
    throw new ConversionFailed(`conversion webhook for ${about} failed: ${text}`);
  };
  if (!isJsonObject(answer) || answer['kind'] !== 'ConversionReview' || answer['apiVersion'] !== apiVersion) {
    return fail(`expected webhook response of ${apiVersion}, Kind=ConversionReview`);
  }
  const response = answer['response'];
  if (!isJsonObject(response)) return fail('no response provided');
  const { uid, result, convertedObjects } = response;
  if (uid !== request.uid)
    return fail(`expected response.uid=${JSON.stringify(request.uid)}, got ${JSON.stringify(uid)}`);
  if (!isJsonObject(result) || result['status'] !== 'Success') {
    const message = isJsonObject(result) && typeof result['message'] === 'string' ? result['message'] : '';
    return fail(message === '' ? 'response.result.status was not Success' : message);
  }
  const objects: unknown[] = Array.isArray(convertedObjects) ? convertedObjects : [];
  if (objects.length !== request.objects.length) {
    throw new ConversionFailed(
      `conversion webhook for ${about} returned ${objects.length} objects, expected ${request.objects.length}`,
    );
  }
  return objects.map((object, i) => sameObject(request.objects[i]!, object, request.desiredAPIVersion, i));
}

function sameObject(before: KubeObject, after: unknown, apiVersion: string, index: number): KubeObject {
  const invalid = (text: string): never => {
    throw new ConversionFailed(
      `conversion webhook for ${nameOfKind(before)} returned invalid converted object at index ${index}: ${text}`,
    );
  };
  if (!isJsonObject(after)) return invalid('invalid object');
  const { metadata } = after;
  if (after['apiVersion'] !== apiVersion) {
    return invalid(`invalid groupVersion (expected ${apiVersion}, received ${String(after['apiVersion'])})`);
  }
  if (after['kind'] !== before.kind)
    return invalid(`invalid kind (expected ${before.kind}, received ${String(after['kind'])})`);
  if (!isJsonObject(metadata)) return invalid('invalid metadata of type <nil> in response');
  for (const field of ['name', 'namespace', 'uid'] as const) {
    if (!sameJson(metadata[field], before.metadata[field])) return invalid(`must have the same ${field}`);
  }
  const { labels: _labels, annotations: _annotations, ...kept } = before.metadata;
  const { labels, annotations } = metadata;
  return {
    ...after,
    metadata: {
      ...kept,
      ...(isJsonObject(labels) ? { labels } : {}),
      ...(isJsonObject(annotations) ? { annotations } : {}),
    },
  } as KubeObject;
}
