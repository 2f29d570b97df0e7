// Writes src/generated/kubernetes.ts: TypeScript interfaces for every API type that a served kind reaches,
// from the API's own metadata (kubernetes-api.json). `npm run generate` runs it; `npm run check` fails if its output differs.
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const here = dirname(fileURLToPath(import.meta.url));
const api = JSON.parse(readFileSync(join(here, 'kubernetes-api.json'), 'utf8'));

const ROOTS = [
  'io.k8s.api.core.v1.Namespace',
  'io.k8s.api.core.v1.Node',
  'io.k8s.api.core.v1.Pod',
  'io.k8s.api.core.v1.ReplicationController',
  'io.k8s.api.core.v1.Service',
  'io.k8s.api.core.v1.Endpoints',
  'io.k8s.api.core.v1.ConfigMap',
  'io.k8s.api.core.v1.Secret',
  'io.k8s.api.core.v1.ServiceAccount',
  'io.k8s.api.core.v1.Event',
  'io.k8s.api.core.v1.Binding',
  'io.k8s.api.discovery.v1.EndpointSlice',
  'io.k8s.api.coordination.v1.Lease',
  'io.k8s.api.autoscaling.v1.Scale',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Status',
  'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
];

/** Scalars that the API writes as their own definition. */
const SCALARS = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'string',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'number | string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'Record<string, unknown>',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'Record<string, unknown>',
};

/** Names that would shadow a language global, or one another, get a longer one. */
const RENAMED = {
  'io.k8s.api.core.v1.Event': 'KubeEvent',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Status': 'KubeStatus',
  'io.k8s.api.discovery.v1.EndpointPort': 'EndpointSlicePort',
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

const text = [
  '// Generated from kubernetes-api.json by contracts/generate.mjs. Do not edit: run `npm run generate`.',
  ...[...done.entries()].sort(([a], [b]) => shortName(a).localeCompare(shortName(b))).map(([, code]) => code),
].join('\n\n');
const target = join(here, 'src/generated/kubernetes.ts');
const formatted = await format(text, { ...(await resolveConfig(target)), parser: 'typescript' });
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== formatted) {
    console.error('contracts/src/generated/kubernetes.ts is not what its generator writes: run `npm run generate`');
    process.exit(1);
  }
} else {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, formatted);
}
