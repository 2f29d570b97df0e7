import { createHash } from 'node:crypto';
import { admitCreate, referencesOf } from '@shiplog/admission';
import { ClusterState } from '@shiplog/cluster';
import { builtIn, type KubeObject, type ObjectOf } from '@shiplog/contracts';
import { parseDocument } from 'yaml';
import type { Pod } from '../../domain/pod';
import { HASH, MIRROR, SEEN, SOURCE } from './annotations';

/** A pod that its node runs because a file says so. */
export interface StaticPod {
  /** As it runs: its uid is the hash of the file's object. */
  readonly pod: Pod;
  /** What shows it in the API, but for its owner. */
  readonly mirror: KubeObject;
}

/** Where a manifest lies. */
export interface ManifestSource {
  readonly nodeName: string;
  readonly file: string;
  /** RFC 3339. */
  readonly now: string;
}

/** Cuts off what would be read for minutes: aliases of aliases. */
const MOST_ALIASES = 100;
/** So that no trouble of its node ends it (applyDefaults in pkg/kubelet/config/common.go). */
const STAYS = { operator: 'Exists', effect: 'NoExecute' };

/** The pod of a manifest, YAML or JSON; a sentence where it is none. */
export function staticPodOf(text: string, source: ManifestSource): StaticPod | string {
  const manifest = parseManifest(text);
  if (typeof manifest === 'string') return manifest;
  const mirror = asOfNode(manifest, source);
  const { priorityClassName, priority: _unresolved, ...spec } = mirror['spec'] as Record<string, unknown>;
  // Which priorities there are, a node alone does not know; none is more important to it than what its own files name.
  const admitted = admitCreate(builtIn('pods'), { ...mirror, spec }, contextOf(mirror, source.now));
  if (!admitted.ok) return admitted.status.message ?? 'it is no valid pod';
  const pod = admitted.value as unknown as Pod;
  const reference = referenceOf(pod);
  if (reference !== undefined) return `static pods may not reference ${reference}`;
  const named = priorityClassName === undefined ? {} : { priorityClassName: String(priorityClassName) };
  const metadata = { ...pod.metadata, resourceVersion: '0' };
  return { mirror, pod: { ...pod, metadata, spec: { ...pod.spec, containers: pod.spec?.containers ?? [], ...named } } };
}

function parseManifest(text: string): KubeObject | string {
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) return `it can't be read: ${error.message}`;
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (failure) {
    return `it can't be read: ${(failure as Error).message}`;
  }
  const object = value as Partial<KubeObject> | null | undefined;
  if (object === null || typeof object !== 'object' || object.apiVersion !== 'v1' || object.kind !== 'Pod')
    return 'it is no Pod of v1';
  const { metadata, spec } = object as { metadata?: unknown; spec?: unknown };
  if (!isObject(metadata) || typeof metadata['name'] !== 'string') return 'metadata.name is missing';
  return isObject(spec) ? (object as KubeObject) : 'spec is missing';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As Kubernetes' kubelet completes what it reads from files: its name tells the node, and its annotations tell where it is from. */
function asOfNode(manifest: KubeObject, { nodeName, file, now }: ManifestSource): KubeObject {
  const hash = hashOf([nodeName, file, manifest]);
  const { metadata } = manifest;
  const spec = manifest['spec'] as Record<string, unknown>;
  const tolerations = Array.isArray(spec['tolerations']) ? (spec['tolerations'] as object[]) : [];
  const { labels, annotations } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${metadata.name}-${nodeName}`,
      namespace: metadata.namespace ?? 'default',
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [HASH]: hash, [MIRROR]: hash, [SEEN]: now, [SOURCE]: 'file' },
    },
    spec: { ...spec, nodeName, tolerations: [...tolerations, STAYS] },
  };
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/** What a node knows of its cluster while it is alone: nothing but that there are namespaces. */
function contextOf({ metadata }: KubeObject, now: string) {
  const { namespace = '', annotations = {} } = metadata;
  const state = new ClusterState();
  const named = { name: namespace, uid: '', resourceVersion: '0', creationTimestamp: now };
  state.put('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: named } as ObjectOf<'namespaces'>);
  const settings = { serviceCidr: '10.96.0.0/16', clusterCidr: '10.244.0.0/16', nodePortRange: [1, 1] as const };
  return { now, state, seed: String(annotations[HASH]), settings, user: { username: '', groups: [] } };
}

/** Static pods know nothing of the API's objects: they run without it. */
function referenceOf(pod: Pod): string | undefined {
  const [reference] = referencesOf(pod);
  if (reference !== undefined) return reference.split('/')[0];
  const { serviceAccountName, volumes = [] } = pod.spec ?? {};
  if (serviceAccountName !== undefined) return 'serviceaccounts';
  return volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)
    ? 'persistentvolumeclaims'
    : undefined;
}
