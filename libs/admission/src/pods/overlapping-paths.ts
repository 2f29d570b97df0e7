import type { Volume, VolumeProjection } from '@shiplog/contracts';

/**
 * Files of one volume that stand in each other's way: the last one of a path wins, and none can be where another's
 * directory is (warningsForOverlappingVirtualPaths in pkg/api/pod).
 */
export function overlappingPaths({ name, configMap, secret, downwardAPI, projected }: Volume): string[] {
  const of = (source: string): string => `volume "${name}" (${source}): overlapping paths`;
  return [
    ...overlaps(pathsOf(configMap?.items), of(`ConfigMap "${configMap?.name ?? ''}"`)),
    ...overlaps(pathsOf(secret?.items), of(`Secret "${secret?.secretName ?? ''}"`)),
    ...overlaps(pathsOf(downwardAPI?.items), of('DownwardAPI')),
    ...projectedOverlaps(name, projected?.sources ?? []),
  ];
}

function projectedOverlaps(name: string, sources: readonly VolumeProjection[]): string[] {
  const earlier: string[] = [];
  return sources.flatMap((source) => {
    if (Object.keys(source).length === 0) return [`volume "${name}" (Projected) has no sources provided`];
    const { title, paths } = projectionOf(source);
    const warnings = overlaps(paths, `volume "${name}" (Projected ${title}): overlapping paths`, earlier);
    earlier.push(...paths);
    return warnings;
  });
}

function projectionOf(source: VolumeProjection): { readonly title: string; readonly paths: readonly string[] } {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle: bundle } = source;
  if (configMap !== undefined) return { title: `ConfigMap "${configMap.name ?? ''}"`, paths: pathsOf(configMap.items) };
  if (secret !== undefined) return { title: `Secret "${secret.name ?? ''}"`, paths: pathsOf(secret.items) };
  if (downwardAPI !== undefined) return { title: 'DownwardAPI', paths: pathsOf(downwardAPI.items) };
  if (serviceAccountToken !== undefined) return { title: 'ServiceAccountToken', paths: [serviceAccountToken.path] };
  if (bundle === undefined) return { title: '', paths: [] };
  return { title: `ClusterTrustBundle "${bundle.name ?? bundle.signerName ?? ''}"`, paths: [bundle.path] };
}

function pathsOf(items: readonly { readonly path: string }[] = []): string[] {
  return items.map(({ path }) => path);
}

function overlaps(paths: readonly string[], about: string, earlier: readonly string[] = []): string[] {
  const seen = earlier.map(withoutEnd);
  return paths.flatMap((path) => {
    const own = withoutEnd(path);
    const other = own === '' ? undefined : seen.find((path) => isWithin(path, own) || isWithin(own, path));
    seen.push(own);
    return other === undefined ? [] : [`${about}: "${own}" with "${other}"`];
  });
}

const withoutEnd = (path: string): string => path.replace(/\/+$/, '');

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
