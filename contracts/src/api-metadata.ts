import kubernetes from '../kubernetes-api.json';
import metrics from '../metrics-api.json';
import shiplog from '../shiplog-api.json';

/** One schema of the API's OpenAPI v2 definitions, as far as Shiplog reads it. */
export interface ApiSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  /** What it is for. The API's own metadata has none: representation keeps them. */
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: ApiSchema;
  readonly properties?: Readonly<Record<string, ApiSchema>>;
  readonly additionalProperties?: ApiSchema;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}

/** A resource or subresource as Kubernetes itself serves it: its verbs and its names for users. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly kind: string;
  /** Where `kind` belongs when that is not the resource's own group: Scale is autoscaling/v1. */
  readonly kindGroup?: string;
  readonly kindVersion?: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** What an API says of itself: every resource and every type, by its OpenAPI name. */
interface ApiMetadata {
  readonly resources: readonly ApiResource[];
  readonly definitions: Readonly<Record<string, ApiSchema>>;
}

const PARTS = [kubernetes, metrics, shiplog] as unknown as readonly ApiMetadata[];

/** What the Kubernetes API says of itself, with the API of resource metrics and the kinds that are Shiplog's own. */
export const KUBERNETES_API: ApiMetadata = {
  resources: PARTS.flatMap(({ resources }) => resources),
  definitions: Object.fromEntries(PARTS.flatMap(({ definitions }) => Object.entries(definitions))),
};
