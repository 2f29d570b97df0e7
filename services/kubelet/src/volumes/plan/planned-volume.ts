import type { KeyToPath, ServiceAccountTokenProjection, Volume, VolumeProjection } from '@shiplog/contracts';
import { noPlugin, setUpFailure } from '../set-up-failure';
import { planClaim } from './claimed-volume';
import { memorySize } from './memory-size';
import type { Pod } from '../../domain/pod';
import { renderField, renderResource } from '../../container/render/fields';
import type { EnvContext } from '../../container/render/env';

/** A file of a volume that is made of the cluster's objects. */
export interface PlannedFile {
  /** Relative to the volume. */
  readonly path: string;
  readonly mode: number;
  /** The uid of its owner, if that is not root. */
  readonly owner?: number;
  readonly content: Uint8Array;
}

/** What is to be there for a volume before its containers start. */
export type PlannedVolume =
  | { readonly kind: 'directory'; readonly name: string }
  | { readonly kind: 'memory'; readonly name: string; readonly sizeBytes: number }
  /** Files, as they were made before: what they show is not there now. */
  | { readonly kind: 'kept'; readonly name: string }
  | {
      readonly kind: 'host';
      readonly name: string;
      readonly path: string;
      readonly type: string;
      readonly readOnly: boolean;
    }
  /** An image's files; got when a container comes that mounts it, by the policy. */
  | {
      readonly kind: 'image';
      readonly name: string;
      readonly reference: string;
      readonly pullPolicy: string | undefined;
    }
  /** A directory of the node that is a volume of the cluster, called `volume`. */
  | {
      readonly kind: 'local';
      readonly name: string;
      readonly path: string;
      readonly volume: string;
      readonly readOnly: boolean;
    }
  | {
      readonly kind: 'files';
      readonly name: string;
      readonly files: readonly PlannedFile[];
      /** They must not lie on a disk, so far as the kubelet can mount: all but those of a ConfigMap (pkg/volume/secret and others). */
      readonly inMemory: boolean;
    };

const DEFAULT_MODE = 0o644;
/** As Kubernetes says of each (MakePayload in pkg/volume/configmap and pkg/volume/secret). */
const MISSING_KEY = {
  configmap: 'configmap references non-existent config key',
  secret: 'references non-existent secret key',
} as const;

/** What a volume comes to. Throws VolumeFailure when it refers to what isn't there, or is of a kind not served. */
export function planVolume(volume: Volume, context: EnvContext): PlannedVolume {
  const { name } = volume;
  if (volume.emptyDir !== undefined) {
    if (volume.emptyDir.medium !== 'Memory') return { kind: 'directory', name };
    const { pod, node } = context;
    return { kind: 'memory', name, sizeBytes: memorySize(pod, volume.emptyDir.sizeLimit, node.allocatableMemoryBytes) };
  }
  if (volume.hostPath !== undefined)
    return { kind: 'host', name, path: volume.hostPath.path, type: volume.hostPath.type ?? '', readOnly: false };
  if (volume.image !== undefined)
    return { kind: 'image', name, reference: volume.image.reference ?? '', pullPolicy: volume.image.pullPolicy };
  const claimed = planClaim(volume, context);
  if (claimed !== undefined) return claimed;
  try {
    return { kind: 'files', name, files: filesOf(volume, context), inMemory: volume.configMap === undefined };
  } catch (error) {
    throw setUpFailure(name, error);
  }
}

function filesOf(volume: Volume, context: EnvContext): PlannedFile[] {
  if (volume.configMap !== undefined) return configMapFiles(volume.configMap, volume.configMap.defaultMode, context);
  if (volume.secret !== undefined) {
    const { secretName, defaultMode, items, optional } = volume.secret;
    return secretFiles({ name: secretName, items, optional }, defaultMode, context);
  }
  if (volume.downwardAPI !== undefined)
    return downwardFiles(volume.downwardAPI.items, volume.downwardAPI.defaultMode, context);
  if (volume.projected !== undefined) {
    const { sources = [], defaultMode } = volume.projected;
    return sources.flatMap((source) => projectedFiles(source, defaultMode, context));
  }
  throw noPlugin(volume.name);
}

function projectedFiles(source: VolumeProjection, mode: number | undefined, context: EnvContext): PlannedFile[] {
  if (source.configMap !== undefined) return configMapFiles(source.configMap, mode, context);
  if (source.secret !== undefined) return secretFiles(source.secret, mode, context);
  if (source.downwardAPI !== undefined) return downwardFiles(source.downwardAPI.items, mode, context);
  if (source.serviceAccountToken !== undefined) return [tokenFile(source.serviceAccountToken, mode, context)];
  const kind = Object.keys(source)[0] ?? 'unknown';
  throw new Error(`projections of the kind ${kind} are not supported`);
}

/** Where a group or a user is given the volume, nobody else may read the token in it (collectData in pkg/volume/projected). */
function tokenFile(
  projection: ServiceAccountTokenProjection,
  mode = DEFAULT_MODE,
  { pod, source }: EnvContext,
): PlannedFile {
  const token = source.accountToken(pod.metadata.uid, projection);
  if (token === undefined) throw new Error('failed to fetch token: the api has not answered');
  const owner = onlyUser(pod);
  const isGiven = owner !== undefined || pod.spec?.securityContext?.fsGroup !== undefined;
  const content = Buffer.from(token);
  return {
    path: safePath(projection.path),
    mode: isGiven ? 0o600 : mode,
    ...(owner === undefined ? {} : { owner }),
    content,
  };
}

/** The user that all containers of a pod run as, where the pod says so (FsUserFrom in pkg/volume/util). */
function onlyUser({ spec }: Pod): number | undefined {
  const whole = spec?.securityContext?.runAsUser;
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const users = new Set(containers.map(({ securityContext }) => securityContext?.runAsUser ?? whole));
  return users.size === 1 ? [...users][0] : undefined;
}

interface Reference {
  readonly name?: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

function configMapFiles(ref: Reference, mode: number | undefined, { pod, source }: EnvContext): PlannedFile[] {
  const namespace = pod.metadata.namespace ?? '';
  const found = source.configMap(namespace, ref.name ?? '');
  if (found === undefined && ref.optional !== true) throw new Error(`configmap "${ref.name}" not found`);
  const content = new Map<string, Uint8Array>();
  for (const [key, value] of Object.entries(found?.data ?? {})) content.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(found?.binaryData ?? {})) content.set(key, Buffer.from(value, 'base64'));
  return select(content, ref, mode, 'configmap');
}

function secretFiles(ref: Reference, mode: number | undefined, { pod, source }: EnvContext): PlannedFile[] {
  const namespace = pod.metadata.namespace ?? '';
  const found = source.secret(namespace, ref.name ?? '');
  if (found === undefined && ref.optional !== true) throw new Error(`secret "${ref.name}" not found`);
  const entries = Object.entries(found?.data ?? {});
  const content = new Map<string, Uint8Array>(entries.map(([key, value]) => [key, Buffer.from(value, 'base64')]));
  return select(content, ref, mode, 'secret');
}

/** All keys as files of their names, or those that `items` names under the paths it gives. */
function select(
  content: ReadonlyMap<string, Uint8Array>,
  ref: Reference,
  mode = DEFAULT_MODE,
  entry: keyof typeof MISSING_KEY,
): PlannedFile[] {
  if (ref.items === undefined || ref.items.length === 0) {
    return [...content].map(([key, bytes]) => ({ path: safePath(key), mode, content: bytes }));
  }
  return ref.items.flatMap((item) => {
    const bytes = content.get(item.key);
    if (bytes !== undefined) return [{ path: safePath(item.path), mode: item.mode ?? mode, content: bytes }];
    if (ref.optional === true) return [];
    throw new Error(`${MISSING_KEY[entry]}: ${item.key}`);
  });
}

function downwardFiles(
  items:
    | readonly {
        path: string;
        mode?: number;
        fieldRef?: { fieldPath: string };
        resourceFieldRef?: { resource: string };
      }[]
    | undefined,
  mode: number | undefined,
  { pod, node, podIPs }: EnvContext,
): PlannedFile[] {
  return (items ?? []).map((item) => {
    const text =
      item.fieldRef !== undefined
        ? renderField(pod, item.fieldRef, node, podIPs)
        : item.resourceFieldRef !== undefined
          ? renderResource(pod, undefined, item.resourceFieldRef, node)
          : '';
    return { path: safePath(item.path), mode: item.mode ?? mode ?? DEFAULT_MODE, content: Buffer.from(text) };
  });
}

/** A path that stays inside its volume. */
export function safePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || parts.includes('..'))
    throw new Error(`path "${path}" must be relative and not contain ".."`);
  return parts.join('/');
}
