import type { Volume } from '@shiplog/contracts';
import { milliOf, type Problems } from '@shiplog/apimachinery';
import { PULL_POLICIES } from './defaults';
import { validateClaimTemplate } from './claim-template';
import { validateDescendingPath, validateNoBacksteps } from './paths';
import { REMOTE_RULES, type SourceKind, type SourceRules } from './remote-volumes';
import { validateDownwardFiles, validateKeyPaths, validateMode, validateProjected } from './volume-files';

/** Fields that a source can not do without. */
const REQUIRED: Readonly<Partial<Record<SourceKind, readonly string[]>>> = {
  awsElasticBlockStore: ['volumeID'],
  azureDisk: ['diskName', 'diskURI'],
  azureFile: ['secretName', 'shareName'],
  cephfs: ['monitors'],
  cinder: ['volumeID'],
  configMap: ['name'],
  csi: ['driver'],
  ephemeral: ['volumeClaimTemplate'],
  flexVolume: ['driver'],
  gcePersistentDisk: ['pdName'],
  gitRepo: ['repository'],
  glusterfs: ['endpoints', 'path'],
  hostPath: ['path'],
  iscsi: ['targetPortal', 'iqn'],
  nfs: ['server', 'path'],
  persistentVolumeClaim: ['claimName'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  quobyte: ['volume'],
  rbd: ['monitors', 'image'],
  scaleIO: ['gateway', 'system', 'volumeName'],
  secret: ['secretName'],
  storageos: ['volumeName'],
  vsphereVolume: ['volumePath'],
};

/** Kubernetes reports one kind of source by another name than it has. */
const REPORTED_AS: ReadonlyMap<string, string> = new Map([['gcePersistentDisk', 'persistentDisk']]);

const HOST_PATH_TYPES = [
  '',
  'DirectoryOrCreate',
  'Directory',
  'FileOrCreate',
  'File',
  'Socket',
  'CharDevice',
  'BlockDevice',
];

/** What a source of the pod's own making must keep to beside that. */
const LOCAL_RULES: SourceRules = {
  configMap: ({ defaultMode, items }, at, problems) => {
    validateMode(defaultMode, `${at}.defaultMode`, problems);
    validateKeyPaths(items, at, problems);
  },
  downwardAPI: ({ defaultMode, items }, at, problems) => {
    validateMode(defaultMode, `${at}.defaultMode`, problems);
    validateDownwardFiles(items, at, problems);
  },
  emptyDir: ({ sizeLimit = '0' }, at, problems) => {
    if (milliOf(sizeLimit) >= 0n) return;
    problems.forbidden(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity');
  },
  ephemeral: ({ volumeClaimTemplate: template }, at, problems) => {
    if (template !== undefined) validateClaimTemplate(template, `${at}.volumeClaimTemplate`, problems);
  },
  gitRepo: ({ directory }, at, problems) => {
    if (directory !== undefined) validateDescendingPath(directory, `${at}.directory`, problems);
  },
  hostPath: ({ path, type }, at, problems) => {
    validateNoBacksteps(path, `${at}.path`, problems);
    problems.unlessOneOf(`${at}.type`, type, HOST_PATH_TYPES);
  },
  image: ({ pullPolicy = '' }, at, problems) => problems.unlessOneOf(`${at}.pullPolicy`, pullPolicy, PULL_POLICIES),
  projected: validateProjected,
  secret: ({ defaultMode, items }, at, problems) => {
    validateMode(defaultMode, `${at}.defaultMode`, problems);
    validateKeyPaths(items, at, problems);
  },
};

const RULES: SourceRules = { ...LOCAL_RULES, ...REMOTE_RULES };

/** Checks what a volume of a kind is made from; nothing when it is none of that kind. */
export function validateSource<K extends SourceKind>(volume: Volume, kind: K, at: string, problems: Problems): void {
  const source = volume[kind];
  if (source === undefined) return;
  const here = `${at}.${REPORTED_AS.get(kind) ?? kind}`;
  const fields = new Map<string, unknown>(Object.entries(source));
  for (const field of REQUIRED[kind] ?? []) {
    if (isEmpty(fields.get(field))) problems.required(`${here}.${field}`);
  }
  RULES[kind]?.(source, here, problems);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
