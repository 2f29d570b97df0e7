import { builtIn, type BuiltIn, type KubeObject, type StoredObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admitUpdate } from '../update';
import { admission, causesOf, valueOf } from './builders';

/** A template of pods that are labelled `app: web`. */
export function aTemplate(spec: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'app', image: 'nginx:1.27' }], ...spec },
  };
}

/** An object called `web` in the namespace `default`. */
export function anObject(resource: BuiltIn, fields: Record<string, unknown>, metadata = {}): KubeObject {
  const { kind, versions } = builtIn(resource);
  const [{ group, version }] = versions;
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: { name: 'web', namespace: 'default', ...metadata },
    ...fields,
  };
}

/** A set of pods that `app: web` selects. */
export function aWorkload(resource: BuiltIn, spec: Record<string, unknown> = {}, metadata = {}): KubeObject {
  const fields = { selector: { matchLabels: { app: 'web' } }, template: aTemplate(), ...spec };
  return anObject(resource, { spec: fields }, metadata);
}

/** What is wrong with a new object, each as `field: message`. */
export function wrongWith(resource: BuiltIn, object: KubeObject): string[] {
  return causesOf(admitCreate(builtIn(resource), object, admission()));
}

/** What is wrong with a change of an object, or with what is submitted to its `status`. */
export function wrongWithChange(
  resource: BuiltIn,
  before: StoredObject,
  after: Record<string, unknown>,
  subresource?: 'status',
): string[] {
  return causesOf(admitUpdate(builtIn(resource), subresource, before, { ...before, ...after }, admission()));
}

/** The object after a change. */
export function changed<T extends StoredObject>(resource: BuiltIn, before: T, after: Record<string, unknown>): T {
  return valueOf(admitUpdate(builtIn(resource), undefined, before, { ...before, ...after }, admission())) as T;
}

/** The object with another status. */
export function withStatus<T extends StoredObject>(resource: BuiltIn, before: T, status: object): T {
  return valueOf(admitUpdate(builtIn(resource), 'status', before, { ...before, status }, admission())) as T;
}
