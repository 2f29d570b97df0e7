import type { Cluster } from '../cluster';
import { LauncherFailure } from '../failure';
import { programFromPackage } from '../system/debian';
import { findTool, hasApt } from '../system/tools';

/** Where a NATS server comes from on this machine. */
export type NatsServer =
  | { kind: 'program'; path: string }
  /** A container on the engine that also runs the pods. */
  | { kind: 'container'; dockerHost: string };

export const NATS_IMAGE = 'nats:2';

/** The server on the PATH, else Debian's, else a container. Throws LauncherFailure when there is none of them. */
export async function findNatsServer(cluster: Cluster, say: (text: string) => void): Promise<NatsServer> {
  const onPath = findTool('nats-server');
  if (onPath !== undefined) return { kind: 'program', path: onPath };
  if (hasApt()) {
    say("fetching Debian's nats-server");
    const path = await programFromPackage('nats-server', 'usr/sbin/nats-server', cluster.settings.cache);
    return { kind: 'program', path };
  }
  if (cluster.mode.kind === 'own-engine' && findTool('docker') !== undefined) {
    say(`as a container of ${NATS_IMAGE}`);
    return { kind: 'container', dockerHost: cluster.mode.dockerHost };
  }
  throw new LauncherFailure(
    'There is no nats-server on the PATH, and no docker command to run one with.',
    process.platform === 'darwin' ? 'brew install nats-server' : 'NATS_URL=nats://host:4222 npm start',
  );
}

/**
 * Go's collector runs each time that as much is garbage as is in use, which is a few megabytes here: a quarter of the
 * server's time under load. At three times as much it is hardly seen, and costs some 9 MB.
 */
const GO_COLLECTOR = { GOGC: process.env.GOGC ?? '300' };

/** What a server is started with. */
export interface NatsPlace {
  /** Address of this machine where it is reached. */
  readonly listen: string;
  readonly port: number;
  /** Folder with its configuration and store; a container sees it under the same path. */
  readonly folder: string;
  readonly config: string;
  /** Names the container. */
  readonly slot: number;
  /** Files outside the folder that the server reads; a container sees them under the same paths. */
  readonly mounts?: readonly string[];
}

/** The command that runs the server in the foreground: a `docker run` passes signals on, and ends with its container. */
export function natsCommand(
  server: NatsServer,
  place: NatsPlace,
): { command: string; args: string[]; env?: Record<string, string> } {
  switch (server.kind) {
    case 'program':
      return { command: server.path, args: ['-c', place.config], env: GO_COLLECTOR };
    case 'container': {
      const published = `${place.listen}:${place.port}:${place.port}`;
      const options = [
        '--rm',
        '--name',
        natsContainer(place.slot),
        '-p',
        published,
        '-e',
        `GOGC=${GO_COLLECTOR.GOGC}`,
        '-v',
        `${place.folder}:${place.folder}`,
        ...(place.mounts ?? []).flatMap((path) => ['-v', `${path}:${path}:ro`]),
      ];
      const args = ['run', ...options, NATS_IMAGE, '-c', place.config];
      return { command: 'docker', args, env: { DOCKER_HOST: server.dockerHost } };
    }
  }
}

/** The name of a cluster's NATS container. */
export function natsContainer(slot: number): string {
  return `shiplog${slot}-nats`;
}

/** Where the server itself listens: in a container, on all of its addresses. */
export function listensOn(server: NatsServer, place: Pick<NatsPlace, 'listen' | 'port'>): string {
  return `${server.kind === 'container' ? '0.0.0.0' : place.listen}:${place.port}`;
}
