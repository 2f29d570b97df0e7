import type { BuiltIn, KubeObject, KubeStatus, ResourceId, ResourceRow, StoredObject } from '@shiplog/contracts';
import type { AdmissionContext } from '../context';

/** A write as the plug-ins see it. */
export interface AdmissionRequest {
  readonly row: ResourceRow;
  /** Which part of the object is written; undefined: all of it. */
  readonly subresource?: string | undefined;
  /** On its way in. Plug-ins that admit may change it in place; those that validate see it as it would be stored. */
  readonly object: KubeObject;
  /** What is updated; undefined: the object is new. */
  readonly before?: StoredObject | undefined;
  readonly ctx: AdmissionContext;
}

/** Why a plug-in refuses a write: in words that follow "is forbidden: ", or as another status. Undefined: it has nothing against it. */
export type Refusal = string | KubeStatus | undefined;

/** One of Kubernetes' built-in admission plug-ins. What a client should be told besides, it adds to the context's warnings. */
export interface AdmissionPlugin {
  /** As Kubernetes' `--enable-admission-plugins` calls it. */
  readonly name: string;
  /** What it looks at: it is not asked about the rest. */
  readonly resources: readonly BuiltIn[] | 'all';
  /** Fills in what the cluster says of a new or changed object; before defaults that rest on it, and before validation. */
  admit?(request: AdmissionRequest): Refusal;
  /** Looks at an object that is valid. */
  validate?(request: AdmissionRequest): Refusal;
  /** Looks at an object that somebody wants to be gone. */
  validateDelete?(resource: ResourceId, name: string): string | undefined;
}
