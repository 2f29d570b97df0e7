// Writes what follows from the rows of src/resources.ts and from the API's own metadata: the TypeScript types of every
// kind that is served (kubernetes-api.json, metrics-api.json, shiplog-api.json), and what Go's types know of their fields (go-fields.json): the numbers of
// protobuf, which fields are left out when they are zero, and where an empty text says something.
// `npm run generate` runs it; `npm run check` fails if its output differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const read = (name) => readFileSync(join(here, name), 'utf8');
const api = JSON.parse(read('kubernetes-api.json'));
for (const other of ['metrics-api.json', 'shiplog-api.json']) {
  Object.assign(api.definitions, JSON.parse(read(other)).definitions);
}
const go = JSON.parse(read('go-fields.json')).definitions;
const beyond = JSON.parse(read('go-inlined.json'));

/** The rows themselves: a module that imports nothing, read without its types. */
const { RESOURCES, VIRTUAL_RESOURCES } = await import(
  `data:text/javascript,${encodeURIComponent(
    ts.transpileModule(read('src/resources.ts'), { compilerOptions: { module: 'esnext', target: 'es2022' } })
      .outputText,
  )}`
);

const ROOTS = [
  ...[...RESOURCES, ...VIRTUAL_RESOURCES].flatMap(({ versions }) => versions.map(({ schema }) => schema)),
  // What requests and answers hold beside them.
  'io.k8s.api.policy.v1.Eviction',
  'io.k8s.api.authentication.v1.TokenRequest',
  'io.k8s.api.autoscaling.v1.Scale',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Status',
  'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
];

const APIEXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** Scalars that the API writes as their own definition. */
const SCALARS = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'string',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'number | string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Duration': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'Record<string, unknown>',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'Record<string, unknown>',
  [`${APIEXTENSIONS}.JSON`]: 'unknown',
  [`${APIEXTENSIONS}.JSONSchemaPropsOrArray`]: 'unknown',
  [`${APIEXTENSIONS}.JSONSchemaPropsOrBool`]: 'unknown',
  [`${APIEXTENSIONS}.JSONSchemaPropsOrStringArray`]: 'unknown',
};

/** Names that would shadow a language global, or one another, get a longer one. */
const RENAMED = {
  'io.k8s.api.storage.v1.TokenRequest': 'CSITokenRequest',
  'io.k8s.api.core.v1.Event': 'KubeEvent',
  'io.k8s.api.events.v1.Event': 'RegardingEvent',
  'io.k8s.api.events.v1.EventSeries': 'RegardingEventSeries',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Status': 'KubeStatus',
  'io.k8s.api.discovery.v1.EndpointPort': 'EndpointSlicePort',
  'io.k8s.api.core.v1.ResourceClaim': 'ContainerResourceClaim',
  'io.k8s.api.autoscaling.v1.CrossVersionObjectReference': 'CrossVersionObjectReferenceV1',
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler': 'HorizontalPodAutoscalerV1',
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec': 'HorizontalPodAutoscalerSpecV1',
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus': 'HorizontalPodAutoscalerStatusV1',
  'io.k8s.api.admissionregistration.v1.ServiceReference': 'WebhookServiceReference',
  'io.k8s.api.admissionregistration.v1.WebhookClientConfig': 'AdmissionWebhookClientConfig',
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference': 'APIServiceReference',
  'io.k8s.api.flowcontrol.v1.Subject': 'FlowSubject',
  // A role of this house is that of a process.
  'io.k8s.api.rbac.v1.Role': 'RbacRole',
};
const shortName = (ref) => RENAMED[ref] ?? ref.split('.').pop();
const refOf = (schema) => schema.$ref?.replace('#/definitions/', '');

function typeOf(schema, reach) {
  const ref = refOf(schema);
  if (ref) {
    if (SCALARS[ref]) return SCALARS[ref];
    reach(ref);
    return shortName(ref);
  }
  if (schema.type === 'array') {
    const item = typeOf(schema.items, reach);
    return /^\w+$/.test(item) ? `${item}[]` : `(${item})[]`;
  }
  if (schema.type === 'object') {
    return schema.additionalProperties
      ? `Record<string, ${typeOf(schema.additionalProperties, reach)}>`
      : 'Record<string, unknown>';
  }
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  return schema.type ?? 'unknown';
}

const done = new Map();
const queue = [...ROOTS];
while (queue.length > 0) {
  const ref = queue.shift();
  if (done.has(ref)) continue;
  const schema = api.definitions[ref];
  const required = new Set(schema.required ?? []);
  const kind = ROOTS.includes(ref) ? new Set(['apiVersion', 'kind', 'metadata']) : new Set();
  const isKind = schema.properties?.metadata !== undefined && !ref.includes('meta.v1');
  const fields = Object.entries(schema.properties ?? {}).map(([name, prop]) => {
    const always = required.has(name) || (isKind && kind.has(name));
    return `  ${/^\w+$/.test(name) ? name : `'${name}'`}${always ? '' : '?'}: ${typeOf(prop, (r) => queue.push(r))};`;
  });
  done.set(ref, `export interface ${shortName(ref)} {\n${fields.join('\n')}\n}`);
}

const names = [...done.keys()].map(shortName);
const twice = names.filter((name, i) => names.indexOf(name) !== i);
if (twice.length > 0) throw new Error(`two definitions share a short name: ${twice.join(', ')}`);

const property = (name) => (/^\w+$/.test(name) ? name : `'${name}'`);
const objects = RESOURCES.map(({ id, versions }) => `  ${property(id)}: ${shortName(versions[0].schema)};`);
const types = [
  '// Generated from kubernetes-api.json, metrics-api.json and shiplog-api.json by contracts/generate.mjs. Do not edit: run `npm run generate`.',
  ...[...done.entries()].sort(([a], [b]) => shortName(a).localeCompare(shortName(b))).map(([, code]) => code),
  `/** The TypeScript type of each resource's objects, as the API declares them. */\nexport interface ApiObjects {\n${objects.join('\n')}\n}`,
].join('\n\n');

/** Of a definition, by what Go calls its fields. */
const factsOf = (ref) => {
  const numbers = Object.entries(beyond.fields[ref] ?? {}).map(([name, number]) => [name, { number, pointer: true }]);
  const inlined = Object.entries(beyond.inlined[ref] ?? {}).map(([name, number]) => [
    `+${name}`,
    { number, pointer: true },
  ]);
  return [...Object.entries(go[beyond.sameAs[ref] ?? ref] ?? {}), ...numbers, ...inlined];
};
const messages = [...done.keys()].flatMap((ref) => [ref, ...Object.keys(beyond.inlined[ref] ?? {})]);
const byName = (make) =>
  Object.fromEntries(
    [...new Set(messages)]
      .sort()
      .map((ref) => [ref, make(factsOf(ref), ref)])
      .filter(([, made]) => Object.keys(made).length > 0),
  );
const withInlined = (facts, ref) => [...facts, ...Object.keys(beyond.inlined[ref] ?? {}).flatMap(factsOf)];
const typeIn = (ref, name) => api.definitions[ref]?.properties?.[name]?.type;
const isRequired = (ref, name) => api.definitions[ref]?.required?.includes(name) === true;
const protobuf = {
  note: 'Written by contracts/generate.mjs. The field numbers of protobuf messages; a name with a plus is a message whose fields are the outer object’s own in JSON. `omitted`: fields whose zero value is as good as none.',
  fields: byName((facts) => Object.fromEntries(facts.map(([name, { number }]) => [number, name]))),
  omitted: byName((facts) => facts.filter(([, { pointer, omitempty }]) => omitempty && !pointer).map(([name]) => name)),
};
const texts = {
  note: 'Written by contracts/generate.mjs. Optional texts that are pointers in Go: an empty one says something, and is kept.',
  fields: byName((facts, ref) =>
    withInlined(facts, ref)
      .filter(([name, { pointer }]) => pointer && typeIn(ref, name) === 'string')
      .map(([name]) => name),
  ),
};
const zeros = {
  note: 'Written by contracts/generate.mjs. Optional numbers and truth values that are none of Go’s pointers: 0 and false say nothing, and are left out.',
  fields: byName((facts, ref) =>
    withInlined(facts, ref)
      .filter(([name, { pointer, omitempty }]) => omitempty && !pointer && !isRequired(ref, name))
      .filter(([name]) => ['integer', 'number', 'boolean'].includes(typeIn(ref, name)))
      .map(([name]) => name),
  ),
};

const WRITTEN = [
  ['src/generated/kubernetes.ts', types],
  ['../libs/representation/src/protobuf/fields.json', JSON.stringify(protobuf)],
  ['../libs/apimachinery/src/schema/pointer-texts.json', JSON.stringify(texts)],
  ['../libs/apimachinery/src/schema/silent-zeros.json', JSON.stringify(zeros)],
];
for (const [name, text] of WRITTEN) {
  const target = join(here, name);
  const parser = name.endsWith('.json') ? 'json' : 'typescript';
  const formatted = await format(text, { ...(await resolveConfig(target)), parser });
  if (!process.argv.includes('--check')) writeFileSync(target, formatted);
  else if (readFileSync(target, 'utf8') !== formatted) {
    console.error(`${name} is not what contracts/generate.mjs writes: run \`npm run generate\``);
    process.exitCode = 1;
  }
}
