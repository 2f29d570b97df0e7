import type { PersistentVolumeSpec, SecretReference, Volume } from '@shiplog/contracts';
import { dnsLabel, dnsSubdomain, milliOf, type Problems } from '@shiplog/apimachinery';
import { validateNodeSelector } from '../pods/affinity';
import { validateNoBacksteps } from '../pods/paths';
import type { SourceKind } from '../pods/remote-volumes';
import { validateSource } from '../pods/volume-sources';
import { VOLUME_MODES, validateAccessModes } from './access-modes';

const MAX_DRIVER_BYTES = 63;
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const INLINE = 'in the context of inline volumes';

type Source = Exclude<
  keyof PersistentVolumeSpec,
  | 'accessModes'
  | 'capacity'
  | 'claimRef'
  | 'mountOptions'
  | 'nodeAffinity'
  | 'persistentVolumeReclaimPolicy'
  | 'storageClassName'
  | 'volumeAttributesClassName'
  | 'volumeMode'
>;

/** Where a volume's storage may be, in the order in which Kubernetes looks; the first is the volume's. */
const SOURCES: readonly Source[] = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
];

/** The source alone of a persistent volume. */
export function persistentSource(spec: PersistentVolumeSpec): Pick<PersistentVolumeSpec, Source> {
  return Object.fromEntries(SOURCES.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]])));
}

/** Kubernetes' rules for persistent volumes: of their own, or inline in an attachment, where only the source counts. */
export function validatePersistent(
  spec: PersistentVolumeSpec,
  at: string,
  problems: Problems,
  { isInline = false }: { isInline?: boolean } = {},
): void {
  if (isInline) validateInline(spec, at, problems);
  if ((spec.accessModes ?? []).length === 0) problems.required(`${at}.accessModes`);
  validateAccessModes(spec.accessModes, `${at}.accessModes`, problems);
  if (!isInline) validateOwn(spec, at, problems);
  validateSources(spec, at, problems);
  if (!isInline) validateClasses(spec, at, problems);
}

function validateInline(spec: PersistentVolumeSpec, at: string, problems: Problems): void {
  for (const field of ['claimRef', 'capacity', 'nodeAffinity', 'storageClassName'] as const) {
    if (spec[field] !== undefined) problems.forbidden(`${at}.${field}`, `may not be specified ${INLINE}`);
  }
  if (spec.csi === undefined) problems.required(`${at}.csi`, `has to be specified ${INLINE}`);
  if ((spec.persistentVolumeReclaimPolicy ?? 'Retain') !== 'Retain') {
    problems.forbidden(`${at}.persistentVolumeReclaimPolicy`, `may only be Retain ${INLINE}`);
  }
  if ((spec.volumeMode ?? 'Filesystem') !== 'Filesystem') {
    problems.forbidden(`${at}.volumeMode`, `may not specify volumeMode other than Filesystem ${INLINE}`);
  }
}

function validateOwn(spec: PersistentVolumeSpec, at: string, problems: Problems): void {
  const { capacity = {}, nodeAffinity, persistentVolumeReclaimPolicy: policy } = spec;
  const amounts = Object.entries(capacity);
  if (amounts.length === 0) problems.required(`${at}.capacity`);
  if (amounts.length !== 1 || amounts[0]?.[0] !== 'storage') {
    problems.notSupported(`${at}.capacity`, capacity, ['storage']);
  }
  for (const [name, amount] of amounts) {
    const here = `${at}.capacity[${name}]`;
    if (milliOf(amount) < 0n)
      problems.invalid(here, Number(milliOf(amount) / 1000n), 'must be a valid resource quantity');
    if (milliOf(amount) <= 0n) problems.invalid(here, amount, 'must be greater than zero');
  }
  problems.unlessOneOf(`${at}.persistentVolumeReclaimPolicy`, policy, RECLAIM_POLICIES);
  if (nodeAffinity === undefined) return;
  if (nodeAffinity.required !== undefined) {
    validateNodeSelector(nodeAffinity.required, `${at}.nodeAffinity.required`, problems);
  } else problems.required(`${at}.nodeAffinity.required`, 'must specify required node constraints');
}

function validateSources(spec: PersistentVolumeSpec, at: string, problems: Problems): void {
  const [source, ...others] = SOURCES.filter((field) => spec[field] !== undefined);
  if (source === undefined) {
    problems.required(at, 'must specify a volume type');
    return;
  }
  for (const other of others) problems.forbidden(`${at}.${other}`, 'may not specify more than 1 volume type');
  validateOneSource(spec, source, at, problems);
  const recycled = spec.persistentVolumeReclaimPolicy === 'Recycle';
  if (source === 'hostPath' && recycled && /^\/[/.]*$/.test(spec.hostPath?.path ?? '')) {
    const rule = "may not be 'recycle' for a hostPath mount of '/'";
    problems.forbidden(`${at}.persistentVolumeReclaimPolicy`, rule);
  }
}

function validateOneSource(spec: PersistentVolumeSpec, source: Source, at: string, problems: Problems): void {
  const here = `${at}.${source}`;
  switch (source) {
    case 'local':
      if (spec.local?.path === '') problems.required(`${here}.path`);
      else validateNoBacksteps(spec.local?.path ?? '', `${here}.path`, problems);
      if (spec.nodeAffinity === undefined) {
        problems.required(`${at}.nodeAffinity`, 'Local volume requires node affinity');
      }
      return;
    case 'csi':
      if (spec.csi !== undefined) validateCsi(spec.csi, here, problems);
      return;
    default:
      // Beside secrets, which are in a namespace here, these have the fields of pods' sources of the same name.
      validateSource(spec as unknown as Volume, source as SourceKind, at, problems);
  }
  for (const kind of ['cinder', 'storageos'] as const) {
    const secret = spec[kind]?.secretRef;
    if (source === kind && secret !== undefined && secret.namespace === undefined) {
      problems.required(`${here}.secretRef.namespace`);
    }
  }
  if (spec.azureFile?.secretNamespace === '') problems.required(`${here}.secretNamespace`);
  const endpoints = spec.glusterfs?.endpointsNamespace;
  if (endpoints === '') {
    const rule = 'if the endpointnamespace is set, it must be a valid namespace name';
    problems.invalid(`${here}.endpointsNamespace`, endpoints, rule);
  } else if (endpoints !== undefined) problems.breaches(`${here}.endpointsNamespace`, endpoints, dnsLabel);
}

function validateCsi(csi: NonNullable<PersistentVolumeSpec['csi']>, at: string, problems: Problems): void {
  validateDriverName(csi.driver, `${at}.driver`, problems);
  if (csi.volumeHandle === '') problems.required(`${at}.volumeHandle`);
  for (const field of [
    'controllerPublishSecretRef',
    'controllerExpandSecretRef',
    'nodePublishSecretRef',
    'nodeExpandSecretRef',
  ] as const) {
    const secret = csi[field];
    if (secret !== undefined) validateSecret(secret, `${at}.${field}`, problems);
  }
}

function validateSecret({ name, namespace }: SecretReference, at: string, problems: Problems): void {
  if (name === undefined) problems.required(`${at}.name`);
  else problems.breaches(`${at}.name`, name, dnsSubdomain);
  if (namespace === undefined) problems.required(`${at}.namespace`);
  else problems.breaches(`${at}.namespace`, namespace, dnsLabel);
}

/** The name of a CSI driver, which is a domain's, in any case (ValidateCSIDriverName). */
export function validateDriverName(name: string, at: string, problems: Problems): void {
  if (name === '') problems.required(at);
  if (Buffer.byteLength(name) > MAX_DRIVER_BYTES) problems.tooLong(at, MAX_DRIVER_BYTES);
  for (const wrong of dnsSubdomain(name.toLowerCase())) problems.invalid(at, name, wrong);
}

function validateClasses(spec: PersistentVolumeSpec, at: string, problems: Problems): void {
  const { storageClassName, volumeMode, volumeAttributesClassName: attributes } = spec;
  if (storageClassName !== undefined) problems.breaches(`${at}.storageClassName`, storageClassName, dnsSubdomain);
  problems.unlessOneOf(`${at}.volumeMode`, volumeMode, VOLUME_MODES);
  if (attributes === undefined) return;
  const here = `${at}.volumeAttributesClassName`;
  if (attributes === '') problems.required(here, 'an empty string is disallowed');
  else problems.breaches(here, attributes, dnsSubdomain);
  if (spec.csi === undefined)
    problems.required(`${at}.csi`, 'has to be specified when using volumeAttributesClassName');
}
