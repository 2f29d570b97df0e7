import { compareQuantities, matchesLabelSelector } from '@shiplog/apimachinery';
import { isKeptFor, requestOf, sizeOf, storageClassOf, type StoredClaim, type StoredVolume } from './claims';

export interface MatchOptions {
  /** Whether the volume can be had where it is wanted; everywhere, if not told. */
  readonly mayServe?: (volume: StoredVolume) => boolean;
  /** The claim waits for its first pod: only a volume that is kept for it counts. */
  readonly isDelayed?: boolean;
}

/**
 * The volume that a claim should have: the one that is kept for it, else of those that fit the smallest one with the fewest other
 * ways of access (FindMatchingVolume in component-helpers/storage/volume, findByClaim of the persistent volume controller).
 */
export function bestVolumeFor(
  claim: StoredClaim,
  volumes: Iterable<StoredVolume>,
  { mayServe = () => true, isDelayed = false }: MatchOptions = {},
): StoredVolume | undefined {
  let best: StoredVolume | undefined;
  for (const volume of volumes) {
    if (!mayHold(volume, claim) || !mayServe(volume)) continue;
    if (volume.spec?.claimRef !== undefined) return volume;
    if (isDelayed || volume.status?.phase !== 'Available' || problemOf(volume, claim) !== undefined) continue;
    if (best === undefined || compare(volume, best) < 0) best = volume;
  }
  return best;
}

/** One that is another's, or on its way out, holds nobody else. */
function mayHold(volume: StoredVolume, claim: StoredClaim): boolean {
  if (volume.spec?.claimRef !== undefined && !isKeptFor(volume, claim)) return false;
  return (
    volume.metadata.deletionTimestamp === undefined &&
    modeOf(volume) === modeOf(claim) &&
    compareQuantities(sizeOf(volume), requestOf(claim)) >= 0
  );
}

/**
 * Why a volume that is nobody's can't be a claim's, as Kubernetes says it; undefined when it can (checkVolumeSatisfyClaim; the
 * selector counts only where the claim names no volume).
 */
export function problemOf(volume: StoredVolume, claim: StoredClaim): string | undefined {
  if (compareQuantities(sizeOf(volume), requestOf(claim)) < 0) return "requested PV's size is smaller than PVC's";
  if (storageClassOf(volume) !== storageClassOf(claim)) return 'storageClassName does not match';
  if (modeOf(volume) !== modeOf(claim)) return 'incompatible volumeMode';
  const offered = volume.spec?.accessModes ?? [];
  if (!(claim.spec?.accessModes ?? []).every((mode) => offered.includes(mode))) return 'incompatible accessMode';
  const { selector, volumeName = '' } = claim.spec ?? {};
  const isChosen =
    volumeName !== '' || selector === undefined || matchesLabelSelector(selector, volume.metadata.labels);
  return isChosen ? undefined : 'labels do not match the selector';
}

function modeOf({ spec }: StoredVolume | StoredClaim): string {
  return spec?.volumeMode ?? 'Filesystem';
}

function compare(a: StoredVolume, b: StoredVolume): number {
  return (
    (a.spec?.accessModes ?? []).length - (b.spec?.accessModes ?? []).length ||
    compareQuantities(sizeOf(a), sizeOf(b)) ||
    (a.metadata.name < b.metadata.name ? -1 : 1)
  );
}
