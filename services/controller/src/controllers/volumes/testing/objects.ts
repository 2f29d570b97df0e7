/** Volumes, claims and classes of the specs in one line each. */

export interface VolumeOptions {
  size?: string;
  storageClass?: string;
  modes?: string[];
  policy?: string;
  labels?: Record<string, string>;
  spec?: object;
}

export function volumeOf(name: string, options: VolumeOptions = {}) {
  const { size = '1Gi', storageClass = '', modes = ['ReadWriteOnce'], policy = 'Retain', labels, spec } = options;
  return {
    metadata: { name, labels },
    spec: {
      capacity: { storage: size },
      accessModes: modes,
      storageClassName: storageClass,
      persistentVolumeReclaimPolicy: policy,
      hostPath: { path: `/srv/${name}` },
      ...spec,
    },
  };
}

export interface ClaimOptions {
  size?: string;
  /** Null: it names none. */
  storageClass?: string | null;
  modes?: string[];
  spec?: object;
}

export function claimOf(name: string, options: ClaimOptions = {}) {
  const { size = '1Gi', storageClass = '', modes = ['ReadWriteOnce'], spec } = options;
  return {
    metadata: { name },
    spec: {
      accessModes: modes,
      resources: { requests: { storage: size } },
      ...(storageClass !== null && { storageClassName: storageClass }),
      ...spec,
    },
  };
}

export function classOf(name: string, rest: object = {}) {
  return { metadata: { name }, provisioner: 'shiplog.dev/local', volumeBindingMode: 'WaitForFirstConsumer', ...rest };
}
