import { imageArchive, type LoadableImage } from './image-archive';
import { PAUSE_PROGRAMS } from './pause-program';

export const PAUSE_IMAGE = 'shiplog/pause:1';

/** The pause image for an engine's architecture, as Docker (`x86_64`) or Go (`amd64`) names it. */
export function pauseImage(architecture: string): LoadableImage {
  const goName = goArchitecture(architecture);
  const program = PAUSE_PROGRAMS.get(goName);
  if (program === undefined) throw new Error(`there is no pause program for the architecture ${architecture}`);
  return imageArchive({
    tag: PAUSE_IMAGE,
    architecture: goName,
    files: [{ name: 'pause', mode: 0o755, content: program }],
    config: { Entrypoint: ['/pause'] },
  });
}

/** What Go calls an architecture that the kernel calls otherwise. */
export function goArchitecture(architecture: string): string {
  return { x86_64: 'amd64', x64: 'amd64', aarch64: 'arm64' }[architecture] ?? architecture;
}
