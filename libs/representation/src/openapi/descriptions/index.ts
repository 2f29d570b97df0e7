import { KUBERNETES_API, type ApiSchema } from '@shiplog/contracts';
import admissionregistration from './admissionregistration.json';
import apiextensions from './apiextensions.json';
import apiregistration from './apiregistration.json';
import apps from './apps.json';
import authentication from './authentication.json';
import authorization from './authorization.json';
import autoscalingV1 from './autoscaling-v1.json';
import autoscalingV2 from './autoscaling-v2.json';
import batch from './batch.json';
import certificates from './certificates.json';
import containers from './containers.json';
import coordination from './coordination.json';
import core from './core.json';
import discovery from './discovery.json';
import events from './events.json';
import general from './every-kind.json';
import flowcontrol from './flowcontrol.json';
import meta from './meta.json';
import metrics from './metrics.json';
import networking from './networking.json';
import node from './node.json';
import pods from './pods.json';
import policy from './policy.json';
import rbac from './rbac.json';
import resource from './resource.json';
import scheduling from './scheduling.json';
import shiplogScheduling from './shiplog-scheduling.json';
import storage from './storage.json';
import values from './values.json';
import volumes from './volumes.json';

/** What is said about the fields of a definition, by their names; about the definition itself by ''. */
export type FieldDescriptions = Readonly<Record<string, string>>;

interface DescriptionFile {
  /** What the names of all its definitions begin with. */
  readonly of: string;
  readonly definitions: Readonly<Record<string, FieldDescriptions>>;
}

const FILES: readonly DescriptionFile[] = [
  ...[admissionregistration, apiextensions, apiregistration, apps, authentication, authorization, autoscalingV1],
  ...[autoscalingV2, batch, certificates, containers, coordination, core, discovery, events, flowcontrol, meta],
  ...[metrics, networking, node, pods, policy, rbac, resource, scheduling, shiplogScheduling, storage, values, volumes],
] as readonly DescriptionFile[];

/** Every description there is, by the definition that it is about, as it is called in the API's metadata. */
export const DESCRIPTIONS: ReadonlyMap<string, FieldDescriptions> = new Map(
  FILES.flatMap(({ of, definitions }) =>
    Object.entries(definitions).map(([name, fields]) => [`${of}.${name}`, fields] as const),
  ),
);

const OF_EVERY_KIND: ReadonlyMap<string, string> = new Map(Object.entries(general.everyKind));
const OF_BUILT_IN_KINDS: ReadonlyMap<string, string> = new Map([
  ...OF_EVERY_KIND,
  ...Object.entries(general.builtInKinds),
]);
const NOTHING: ReadonlyMap<string, string> = new Map();
const NONE: FieldDescriptions = {};

/** A definition with the descriptions of its fields; those that it brings along, as custom resources do, are kept. */
export function described(name: string, schema: ApiSchema): ApiSchema {
  const fields = DESCRIPTIONS.get(name) ?? NONE;
  const common = commonDescriptions(name, schema);
  const about = ownDescription(name, schema, fields);
  if (schema.properties === undefined) return withDescription(schema, about);
  const properties = Object.entries(schema.properties).map(([field, property]): [string, ApiSchema] => {
    const own = Object.hasOwn(fields, field) ? fields[field] : undefined;
    return [field, withDescription(property, own ?? common.get(field))];
  });
  return { ...withDescription(schema, about), properties: Object.fromEntries(properties) };
}

/** What is said about fields that are the same in many kinds. */
function commonDescriptions(name: string, schema: ApiSchema): ReadonlyMap<string, string> {
  if (schema['x-kubernetes-group-version-kind'] === undefined) return NOTHING;
  return Object.hasOwn(KUBERNETES_API.definitions, name) ? OF_BUILT_IN_KINDS : OF_EVERY_KIND;
}

function ownDescription(name: string, { properties }: ApiSchema, fields: FieldDescriptions): string | undefined {
  if (Object.hasOwn(fields, '')) return fields[''];
  const isList = properties !== undefined && Object.hasOwn(properties, 'items') && name.endsWith('List');
  return isList ? `A list of ${name.slice(name.lastIndexOf('.') + 1, -'List'.length)} objects.` : undefined;
}

function withDescription(schema: ApiSchema, description: string | undefined): ApiSchema {
  return description === undefined || schema.description !== undefined ? schema : { description, ...schema };
}
