import type { Container } from '@shiplog/contracts';

/** An init container that is meant to go on running beside the app containers. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}
