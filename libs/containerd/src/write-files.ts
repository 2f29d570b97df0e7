import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { containerdFiles, type ContainerdPlaces } from './containerd-files';

/** Writes what a containerd of one's own is started with; answers where its configuration is. */
export function writeContainerdFiles(places: ContainerdPlaces): string {
  const files = containerdFiles(places);
  for (const { path, text, isProgram = false } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: isProgram ? 0o755 : 0o644 });
  }
  return files[0].path;
}
