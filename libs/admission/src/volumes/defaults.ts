import type { PersistentVolumeSpec, Volume } from '@shiplog/contracts';

type Sources = Pick<PersistentVolumeSpec & Volume, 'hostPath'> &
  Pick<Volume | PersistentVolumeSpec, 'azureDisk' | 'iscsi' | 'rbd' | 'scaleIO'>;

/** Kubernetes' defaults of the sources that pods' volumes and persistent ones both have, filled in place. Idempotent. */
export function defaultRemoteSource({ hostPath, azureDisk, iscsi, rbd, scaleIO }: Sources): void {
  if (hostPath !== undefined) hostPath.type ??= '';
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (iscsi !== undefined) iscsi.iscsiInterface ??= 'default';
  if (rbd !== undefined) {
    rbd.pool ??= 'rbd';
    rbd.user ??= 'admin';
    rbd.keyring ??= '/etc/ceph/keyring';
  }
  if (scaleIO !== undefined) {
    scaleIO.storageMode ??= 'ThinProvisioned';
    scaleIO.fsType ??= 'xfs';
  }
}
