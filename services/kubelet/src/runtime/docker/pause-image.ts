import { imageArchive, type LoadableImage } from './image-archive';

/**
 * The program of the pause container, which is all that runs in a sandbox: a static ELF without libc, 248 bytes. It blocks SIGTERM and SIGINT, ignores
 * SIGCHLD (so the kernel reaps orphans when the pod shares its process namespace), waits for one of the two with
 * rt_sigtimedwait and exits with 0. Blocking is what lets process 1 of a namespace get them at all.
 *
 *   rt_sigprocmask(SIG_BLOCK, {TERM, INT}); rt_sigaction(SIGCHLD, SIG_IGN);
 *   while (rt_sigtimedwait({TERM, INT}, 0, 0) < 0); exit_group(0)
 */
const PAUSE: Readonly<Record<string, string>> = {
  amd64:
    'f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAAeABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAABAAAAAAAAAAEAAAAFAAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAA+AAAAAAAAAD4AAAAAAAAAAAQAAAAAAAAuA4AAAAx/0iNNUoAAAAx0kG6CAAAAA8FuA0AAAC/EQAAAEiNNTcAAAAx0kG6CAAAAA8FuIAAAABIjT0ZAAAAMfYx0kG6CAAAAA8FhcB45LjnAAAAMf8PBQJAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  arm64:
    'f0VMRgIBAQAAAAAAAAAAAAIAtwABAAAAeABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAABAAAAAAAAAAEAAAAFAAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAA+AAAAAAAAAD4AAAAAAAAAAAAAQAAAAAA6BCA0gAAgNKBAgAQAgCA0gMBgNIBAADUyBCA0iACgNIBAgAQAgCA0gMBgNIBAADUKBGA0iABABABAIDSAgCA0gMBgNIBAADUQP//N8gLgNIAAIDSAQAA1AJAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
};

export const PAUSE_IMAGE = 'shiplog/pause:1';

/** The pause image for an engine's architecture, as Docker (`x86_64`) or Go (`amd64`) names it. */
export function pauseImage(architecture: string): LoadableImage {
  const goName = goArchitecture(architecture);
  const program = PAUSE[goName];
  if (program === undefined) throw new Error(`there is no pause program for the architecture ${architecture}`);
  return imageArchive({
    tag: PAUSE_IMAGE,
    architecture: goName,
    files: [{ name: 'pause', mode: 0o755, content: Buffer.from(program, 'base64') }],
    config: { Entrypoint: ['/pause'] },
  });
}

/** What Go calls an architecture that the kernel calls otherwise. */
export function goArchitecture(architecture: string): string {
  return { x86_64: 'amd64', aarch64: 'arm64' }[architecture] ?? architecture;
}
