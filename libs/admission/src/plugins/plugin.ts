import type { BuiltIn, KubeObject, ResourceId, ResourceRow, StoredObject } from '@shiplog/contracts';
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

/**
 * One of Kubernetes' built-in admission plug-ins. What it answers is why it refuses, in words that follow "is forbidden: ";
 * undefined: it has nothing against it.
 */
export interface AdmissionPlugin {
  /** As Kubernetes' `--enable-admission-plugins` calls it. */
  readonly name: string;
  /** What it looks at: it is not asked about the rest. */
  readonly resources: readonly BuiltIn[] | 'all';
  /** Fills in what the cluster says of a new or changed object; before defaults that rest on it, and before validation. */
  admit?(request: AdmissionRequest): string | undefined;
  /** Looks at an object that is valid. */
  validate?(request: AdmissionRequest): string | undefined;
  /** Looks at an object that somebody wants to be gone. */
  validateDelete?(resource: ResourceId, name: string): string | undefined;
}
