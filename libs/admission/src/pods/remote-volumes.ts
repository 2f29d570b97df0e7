import type { Volume } from '@shiplog/contracts';
import { dnsLabel, dnsSubdomain, type Problems } from '@shiplog/apimachinery';

const CACHING_MODES = ['None', 'ReadOnly', 'ReadWrite'];
const AZURE_KINDS = ['Dedicated', 'Managed', 'Shared'];
const MANAGED_DISK = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_DISK = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';
const HOST_PORT_PAIRS = 'must be a host:port pair or multiple pairs separated by commas';
const MAX_DRIVER_BYTES = 63;
const MAX_TENANT_CHARACTERS = 64;
const MAX_LUN = 255;
const MAX_PARTITION = 255;
const ISCSI_NAMES: readonly [prefix: string, format: RegExp][] = [
  ['iqn', /^iqn\.\d{4}-\d{2}\.[a-zA-Z0-9.-]+:[^,;*&$|\s]+$/],
  ['eui', /^eui.[a-zA-Z0-9]{16}$/],
  ['naa', /^naa.[a-zA-Z0-9]{32}$/],
];

/** What kind of source a volume may have. */
export type SourceKind = Exclude<keyof Volume, 'name'>;

/** Rules for the sources of each kind. */
export type SourceRules = {
  readonly [K in SourceKind]?: (source: NonNullable<Volume[K]>, at: string, problems: Problems) => void;
};

/** What storage that is somewhere else must keep to, beside having the fields that it needs. */
export const REMOTE_RULES: SourceRules = {
  awsElasticBlockStore: ({ partition = 0 }, at, problems) => validatePartition(partition, at, problems),
  azureDisk: ({ cachingMode, kind, diskURI }, at, problems) => {
    problems.unlessOneOf(`${at}.cachingMode`, cachingMode, CACHING_MODES);
    problems.unlessOneOf(`${at}.kind`, kind, AZURE_KINDS);
    const [start, form] = kind === 'Managed' ? ['/subscriptions/', MANAGED_DISK] : ['https://', BLOB_DISK];
    if (kind !== undefined && !diskURI.startsWith(start)) problems.notSupported(`${at}.diskURI`, diskURI, [form]);
  },
  cinder: ({ secretRef }, at, problems) => validateSecretRef(secretRef, at, problems),
  csi: ({ driver, nodePublishSecretRef: secret }, at, problems) => {
    if (driver.length > MAX_DRIVER_BYTES) problems.tooLong(`${at}.driver`, MAX_DRIVER_BYTES);
    for (const wrong of dnsSubdomain(driver.toLowerCase())) problems.invalid(`${at}.driver`, driver, wrong);
    if (secret === undefined) return;
    if (secret.name === undefined) problems.required(`${at}.nodePublishSecretRef.name`);
    else problems.breaches(`${at}.name`, secret.name, dnsSubdomain);
  },
  fc: ({ targetWWNs = [], wwids = [], lun }, at, problems) => {
    if (targetWWNs.length === 0 && wwids.length === 0) {
      problems.required(`${at}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both');
    }
    if (targetWWNs.length === 0) return;
    if (wwids.length > 0) {
      const rule = 'targetWWNs and wwids can not be specified simultaneously';
      problems.invalid(`${at}.targetWWNs`, targetWWNs, rule);
    }
    if (lun === undefined) problems.required(`${at}.lun`, 'lun is required if targetWWNs is specified');
    else validateLun(lun, at, problems);
  },
  flexVolume: ({ options = {} }, at, problems) => {
    for (const key of Object.keys(options)) {
      if (!/(?:^|\.)(?:kubernetes|k8s)\.io$/i.test(key.split('/')[0] ?? '')) continue;
      problems.invalid(`${at}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved');
    }
  },
  flocker: ({ datasetName, datasetUUID }, at, problems) => {
    if (datasetName === undefined && datasetUUID === undefined) {
      problems.required(at, 'one of datasetName and datasetUUID is required');
    }
    if (datasetName !== undefined && datasetUUID !== undefined) {
      problems.invalid(at, 'resource', 'datasetName and datasetUUID can not be specified simultaneously');
    }
    if (datasetName?.includes('/') === true) {
      problems.invalid(`${at}.datasetName`, datasetName, "must not contain '/'");
    }
  },
  gcePersistentDisk: ({ partition = 0 }, at, problems) => validatePartition(partition, at, problems),
  iscsi: ({ iqn, lun, initiatorName, secretRef, ...iscsi }, at, problems) => {
    if (iqn !== '') problems.breaches(`${at}.iqn`, iqn, iscsiName);
    if (initiatorName !== undefined) problems.breaches(`${at}.initiatorname`, initiatorName, iscsiName);
    validateLun(lun, at, problems);
    const authenticates = iscsi.chapAuthDiscovery === true || iscsi.chapAuthSession === true;
    if (authenticates && secretRef === undefined) problems.required(`${at}.secretRef`);
  },
  nfs: ({ path }, at, problems) => {
    if (!path.startsWith('/')) problems.invalid(`${at}.path`, path, 'must be an absolute path');
  },
  quobyte: ({ registry, tenant = '' }, at, problems) => {
    if (registry === '') problems.required(`${at}.registry`, HOST_PORT_PAIRS);
    else if (tenant.length > MAX_TENANT_CHARACTERS) {
      const rule = `must be a UUID and may not exceed a length of ${MAX_TENANT_CHARACTERS} characters`;
      problems.required(`${at}.tenant`, rule);
    } else if (!registry.split(',').every((pair) => /^(?:[^:[\]]*|\[[^\]]*\]):[^:]*$/.test(pair))) {
      problems.invalid(`${at}.registry`, registry, HOST_PORT_PAIRS);
    }
  },
  storageos: ({ volumeName, volumeNamespace, secretRef }, at, problems) => {
    if (volumeName !== undefined) problems.breaches(`${at}.volumeName`, volumeName, dnsLabel);
    if (volumeNamespace !== undefined) problems.breaches(`${at}.volumeNamespace`, volumeNamespace, dnsLabel);
    validateSecretRef(secretRef, at, problems);
  },
};

function validatePartition(partition: number, at: string, problems: Problems): void {
  // None means the whole disk; Kubernetes' words leave that out.
  if (partition >= 0 && partition <= MAX_PARTITION) return;
  problems.invalid(`${at}.partition`, partition, `must be between 1 and ${MAX_PARTITION}, inclusive`);
}

function validateLun(lun: number, at: string, problems: Problems): void {
  if (lun < 0 || lun > MAX_LUN) problems.invalid(`${at}.lun`, lun, `must be between 0 and ${MAX_LUN}, inclusive`);
}

function validateSecretRef(ref: { name?: string } | undefined, at: string, problems: Problems): void {
  if (ref !== undefined && ref.name === undefined) problems.required(`${at}.secretRef.name`);
}

function iscsiName(text: string): readonly string[] {
  const form = ISCSI_NAMES.find(([prefix]) => text.startsWith(prefix))?.[1];
  if (form === undefined) return ['must be valid format starting with iqn, eui, or naa'];
  return form.test(text) ? [] : ['must be valid format'];
}
