import { existsSync } from 'node:fs';
import { pingEngine } from './engine-client';

/** Where Docker's engines listen: Debian's, Docker Desktop's, and rootless ones. */
const USUAL_SOCKETS = [
  '/var/run/docker.sock',
  `${process.env.HOME}/.docker/run/docker.sock`,
  `${process.env.XDG_RUNTIME_DIR}/docker.sock`,
];

/** The address (as in DOCKER_HOST) of an engine that answers on this machine. */
export async function findEngine(): Promise<string | undefined> {
  for (const socket of USUAL_SOCKETS) {
    if (existsSync(socket) && (await pingEngine(`unix://${socket}`))) return `unix://${socket}`;
  }
  return undefined;
}
