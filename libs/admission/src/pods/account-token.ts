import type { Container, ObjectOf, PodSpec, ProjectedVolumeSource } from '@shiplog/contracts';
import { ACCOUNT_VOLUME_PREFIX, accountVolumeName } from '@shiplog/apimachinery';

/** Where programs in a pod look for their token, the authority of the api's certificate, and their namespace. */
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** An hour, and a little that tells such a token from those that somebody asked for. */
const SECONDS = 3_607;

/** The same value in every pod that is given it: it is checked never, and held once. */
const ACCOUNT_SOURCES: ProjectedVolumeSource = {
  sources: [
    { serviceAccountToken: { expirationSeconds: SECONDS, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ],
  defaultMode: 0o644,
};

/**
 * Gives each container of a pod the token of its account, unless the pod says that it wants none, or the account does and the
 * pod says nothing. A container that has something mounted in that place keeps it.
 * @param uid the pod's
 */
export function mountAccountToken(spec: PodSpec, account: ObjectOf<'serviceaccounts'> | undefined, uid: string): void {
  if (!(spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true)) return;
  const present = spec.volumes?.find(({ name }) => name.startsWith(ACCOUNT_VOLUME_PREFIX))?.name;
  const name = present ?? accountVolumeName(uid);
  const needing = [...(spec.initContainers ?? []), ...spec.containers].filter(lacksMount);
  for (const container of needing) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
  }
  if (needing.length > 0 && present === undefined)
    spec.volumes = [...(spec.volumes ?? []), { name, projected: ACCOUNT_SOURCES }];
}

function lacksMount({ volumeMounts = [] }: Container): boolean {
  return !volumeMounts.some(({ mountPath }) => mountPath === MOUNT_PATH);
}

/** Whether these are the sources that pods are given here, which break no rule. */
export function isOfAccount(projected: ProjectedVolumeSource): boolean {
  return projected === ACCOUNT_SOURCES;
}
