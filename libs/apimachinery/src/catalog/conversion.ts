import { withSchemaDefaults } from '../schema/structural-defaults';
import { apiVersionOf, type KubeObject, type ResourceRow, type ResourceVersion } from '@shiplog/contracts';
import { autoscalerFromV1, autoscalerToV1 } from './autoscaler-conversion';

/** How the objects of one version are told apart from those stored, where more than their apiVersion differs. */
interface Conversion {
  /** Fields of the version, by what they are called in stored objects. */
  readonly renamed?: ReadonlyMap<string, string>;
  /** Where more than names differs: an object of the version as it is stored but for its apiVersion, and the way back. Both pure. */
  readonly functions?: {
    toStored(object: KubeObject): KubeObject;
    fromStored(object: KubeObject): KubeObject;
  };
}

/** By the schema of the version. The fields are those of Kubernetes' own conversion (pkg/apis/core/v1/conversion of events). */
const CONVERSIONS: ReadonlyMap<unknown, Conversion> = new Map<unknown, Conversion>([
  [
    'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
    { functions: { toStored: autoscalerFromV1, fromStored: autoscalerToV1 } },
  ],
  [
    'io.k8s.api.events.v1.Event',
    {
      renamed: new Map([
        ['involvedObject', 'regarding'],
        ['message', 'note'],
        ['reportingComponent', 'reportingController'],
        ['source', 'deprecatedSource'],
        ['firstTimestamp', 'deprecatedFirstTimestamp'],
        ['lastTimestamp', 'deprecatedLastTimestamp'],
        ['count', 'deprecatedCount'],
      ]),
    },
  ],
]);

/** An object of one version as it is stored: itself, where it is of that version already. */
export function toStored(row: ResourceRow, from: ResourceVersion, object: KubeObject): KubeObject {
  const [stored] = row.versions;
  if (from === stored) return object;
  const { functions } = CONVERSIONS.get(from.schema) ?? {};
  return renamed(functions?.toStored(object) ?? object, apiVersionOf(stored), inverse(namesIn(from)));
}

/** Stored objects are never changed: what a version shows of one is made once, so that readers share it. */
const shown = new WeakMap<ResourceVersion, WeakMap<KubeObject, KubeObject>>();

/**
 * A stored object as one version shows it: itself, where it was stored in that version. One of a resource that came at run time
 * has the defaults of the version's schema, also those that are newer than it.
 */
export function fromStored<T extends KubeObject>(to: ResourceVersion, object: T): T {
  const apiVersion = apiVersionOf(to);
  if (object.apiVersion === apiVersion && typeof to.schema === 'string') return object;
  let made = shown.get(to);
  if (made === undefined) shown.set(to, (made = new WeakMap()));
  let view = made.get(object);
  if (view === undefined) made.set(object, (view = viewOf(to, object)));
  return view as T;
}

/** Objects whose view was made elsewhere. */
const noted = new WeakMap<ResourceVersion, WeakSet<KubeObject>>();

/** Whether it is known how a version shows a stored object, where that takes more than this library. */
export function isShown(version: ResourceVersion, object: KubeObject): boolean {
  return object.apiVersion === apiVersionOf(version) || noted.get(version)?.has(object) === true;
}

/** Notes how a version shows a stored object: as a webhook has converted it. It gets the defaults of the version's schema. */
export function noteShown(version: ResourceVersion, object: KubeObject, view: KubeObject): void {
  const { schema } = version;
  const made = shown.get(version) ?? new WeakMap<KubeObject, KubeObject>();
  const known = noted.get(version) ?? new WeakSet<KubeObject>();
  shown.set(version, made);
  noted.set(version, known.add(object));
  made.set(object, typeof schema === 'string' ? view : (withSchemaDefaults(schema, view).value as KubeObject));
}

function viewOf(to: ResourceVersion, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(to);
  const { functions } = CONVERSIONS.get(to.schema) ?? {};
  const view =
    object.apiVersion === apiVersion
      ? object
      : renamed(functions?.fromStored(object) ?? object, apiVersion, namesIn(to));
  return typeof to.schema === 'string' ? view : (withSchemaDefaults(to.schema, view).value as KubeObject);
}

/** What a version calls a field of stored objects, or the first step of a path to one. */
export function storedField(version: ResourceVersion, path: string): string {
  const dot = path.indexOf('.');
  const [first, rest] = dot < 0 ? [path, ''] : [path.slice(0, dot), path.slice(dot)];
  return `${inverse(namesIn(version)).get(first) ?? first}${rest}`;
}

const SAME: ReadonlyMap<string, string> = new Map();

function namesIn({ schema }: ResourceVersion): ReadonlyMap<string, string> {
  return CONVERSIONS.get(schema)?.renamed ?? SAME;
}

function renamed(object: KubeObject, apiVersion: string, names: ReadonlyMap<string, string>): KubeObject {
  const { apiVersion: _before, ...fields } = object;
  const entries = Object.entries(fields).map(([field, value]) => [names.get(field) ?? field, value]);
  return { apiVersion, ...Object.fromEntries(entries) } as KubeObject;
}

function inverse(names: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...names].map(([from, to]) => [to, from]));
}
