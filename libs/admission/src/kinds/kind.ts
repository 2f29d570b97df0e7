import type {
  ApiObjects,
  BuiltIn,
  KubeObject,
  KubeStatus,
  ObjectOf,
  ResourceId,
  ResourceRow,
} from '@shiplog/contracts';
import { dnsSubdomain, type Problems, type Result, type TextRule } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import type { FieldRules } from '../rows/rows';

/** An object of a resource on its way in: decoded, ours to change, not yet stamped with a resourceVersion. */
export type Draft<R extends BuiltIn> = ApiObjects[R];

/** What is a kind's own about the status that is written through the status subresource. */
interface StatusRules<T, B> {
  /** Fields of metadata that it leaves alone; of the others users may write what they may in the main resource. */
  readonly keeps?: readonly ('labels' | 'annotations' | 'ownerReferences' | 'finalizers')[];
  /** Fills in what may be left out, and takes over what this status may not change. */
  defaults?(draft: T, before: B, ctx: AdmissionContext): void;
  /** What the one who writes it has no right to, although they may write statuses. */
  denies?(draft: T, before: B, ctx: AdmissionContext): KubeStatus | undefined;
  readonly rows?: FieldRules;
  validate?(draft: T, problems: Problems, before: B, ctx: AdmissionContext): void;
}

/**
 * When metadata.generation counts up: never (and then it is absent), with changes of `spec` (for some kinds with those of its
 * annotations, too), or with any change outside metadata.
 */
export type GenerationRule = 'none' | 'spec' | 'spec or annotations' | 'content';

/**
 * The behaviour that is truly a kind's own. Everything else (decoding, metadata, versions, subresources, patches) is the
 * same for all kinds and driven by the API's metadata. Each hook changes the draft in place or adds to `problems`.
 */
export interface KindRules<R extends BuiltIn> {
  readonly resource: R;
  /** Which names its objects can have. */
  readonly name: TextRule;
  readonly generation: GenerationRule;
  /** Fields, beside metadata.name and metadata.namespace, that field selectors may ask for. */
  readonly fields?: Readonly<Record<string, (object: ObjectOf<R>) => unknown>>;
  /** Fills in what the user may leave out. Runs on create and on update, before validation; must be idempotent. */
  defaults?(draft: Draft<R>): void;
  /** What only a new object gets: its first status. Runs after the admission plug-ins have filled it in. */
  prepareCreate?(draft: Draft<R>, ctx: AdmissionContext): void;
  /** What the one who asks has no right to, although they may write the kind: rights that they would give, for example. */
  denies?(draft: Draft<R>, ctx: AdmissionContext, before?: ObjectOf<R>): KubeStatus | undefined;
  /** What the main resource's update must take over from the object before. */
  prepareUpdate?(draft: Draft<R>, before: ObjectOf<R>, ctx: AdmissionContext): void;
  /** Rules that are data; they come before the others. */
  readonly rows?: FieldRules;
  /** Rules for the object as it stands. `before` is there on an update. */
  validate?(draft: Draft<R>, problems: Problems, ctx: AdmissionContext, before?: ObjectOf<R>): void;
  /** Rules for the change. */
  validateUpdate?(draft: Draft<R>, before: ObjectOf<R>, problems: Problems): void;
  /** Takes from the cluster what the object needs (addresses, ports); runs only when validation found nothing. */
  allocate?(draft: Draft<R>, before: ObjectOf<R> | undefined, problems: Problems, ctx: AdmissionContext): void;
  /** What a client should be told of an object that was admitted. `before` is there after an update. */
  warnings?(object: Draft<R>, before?: ObjectOf<R>): readonly string[];
  readonly status?: StatusRules<Draft<R>, ObjectOf<R>>;
  /** By name, subresources that no other kind has: the draft of the object that something submitted to them comes to. */
  readonly subresources?: Readonly<
    Record<string, (submitted: Draft<R>, before: ObjectOf<R>, ctx: AdmissionContext) => Result<KubeObject>>
  >;
}

/** Rules seen without their resource's own types, as the generic steps use them. */
export interface AnyKindRules {
  readonly resource: ResourceId;
  readonly name: TextRule;
  readonly generation: GenerationRule;
  readonly fields?: Readonly<Record<string, (object: KubeObject) => unknown>>;
  defaults?(draft: KubeObject): void;
  prepareCreate?(draft: KubeObject, ctx: AdmissionContext): void;
  denies?(draft: KubeObject, ctx: AdmissionContext, before?: KubeObject): KubeStatus | undefined;
  prepareUpdate?(draft: KubeObject, before: KubeObject, ctx: AdmissionContext): void;
  readonly rows?: FieldRules;
  validate?(draft: KubeObject, problems: Problems, ctx: AdmissionContext, before?: KubeObject): void;
  validateUpdate?(draft: KubeObject, before: KubeObject, problems: Problems): void;
  allocate?(draft: KubeObject, before: KubeObject | undefined, problems: Problems, ctx: AdmissionContext): void;
  warnings?(object: KubeObject, before?: KubeObject): readonly string[];
  readonly status?: StatusRules<KubeObject, KubeObject>;
  readonly subresources?: Readonly<
    Record<string, (submitted: KubeObject, before: KubeObject, ctx: AdmissionContext) => Result<KubeObject>>
  >;
}

/** Declares a kind. The decoder has made sure that its hooks only ever see objects of their own resource. */
export function defineKind<R extends BuiltIn>(rules: KindRules<R>): AnyKindRules {
  return rules as unknown as AnyKindRules;
}

/** A kind that has nothing of its own: decoded, named, versioned and stored as its row and its schema say. */
export function plainKind({ id, versions: [{ subresources }] }: ResourceRow): AnyKindRules {
  return { resource: id, name: dnsSubdomain, generation: subresources.includes('status') ? 'spec' : 'none' };
}

/** Takes fields that the draft leaves out over from the object before. */
export function carryOver<T extends object>(draft: T, before: T | undefined, fields: readonly (keyof T)[]): void {
  for (const field of fields) {
    if (draft[field] === undefined && before?.[field] !== undefined) draft[field] = before[field];
  }
}
