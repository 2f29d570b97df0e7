import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../cluster';
import { dockerImages, type ImageStore } from '../images/image-store';
import { ManagedProcess } from '../processes/managed-process';
import { RANK } from '../processes/registry';
import { ensureTools } from '../system/tools';
import { makeOwnFolders, PASSABLE, SYSTEM_RUNTIME } from '../runtime-folder';
import { unmountBelow } from '../slot/clear-slot';
import { waitUntil } from '../waiting';
import { engineAt, pingEngine } from './engine-client';

const NAME = 'image-builder';

/** Works with a Docker engine that is there only meanwhile: images can be built where no minion has one. For root to call. */
export async function withImageBuilder<T>(
  cluster: Cluster,
  say: (text: string) => void,
  work: (builder: ImageStore) => Promise<T>,
): Promise<T> {
  await ensureTools(
    { dockerd: 'docker.io', containerd: 'containerd', runc: 'runc' },
    'images are built by Docker',
    say,
  );
  // Where a reset finds what a launcher that was killed has left.
  const places = { data: cluster.home.at(NAME), run: join(cluster.layout.runDir, NAME) };
  makeOwnFolders(SYSTEM_RUNTIME, places.run, PASSABLE);
  mkdirSync(places.data, { recursive: true });
  const config = join(places.run, 'dockerd.json');
  writeFileSync(config, JSON.stringify(configOf(places)));
  const { records } = cluster.registry;
  const log = cluster.home.log(NAME);
  const line = { command: 'dockerd', args: ['--config-file', config] };
  // None of the cluster's processes: nobody misses it afterwards. Its record is for who comes after a launcher that was killed.
  const dockerd = new ManagedProcess({ ...line, name: NAME, log, rank: RANK.engine }, records, cluster.tell);
  try {
    say('starting a Docker engine to build images');
    dockerd.start();
    const host = socketIn(places);
    const ready = async () => ((await pingEngine(host)) ? true : undefined);
    await waitUntil(ready, { name: 'The Docker engine that builds images', within: 60_000, process: dockerd });
    return await work(dockerImages(engineAt(host)));
  } finally {
    await dockerd.stop();
    for (const folder of Object.values(places)) {
      await unmountBelow(folder);
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

interface Places {
  readonly data: string;
  /** A short path, for sockets. */
  readonly run: string;
}

function socketIn({ run }: Places): string {
  return `unix://${join(run, 'docker.sock')}`;
}

/** It runs nothing, so it needs no network. */
function configOf({ data, run }: Places): object {
  return {
    'data-root': data,
    'exec-root': join(run, 'exec'),
    pidfile: join(run, 'dockerd.pid'),
    hosts: [socketIn({ data, run })],
    group: 'root',
    'log-level': 'warn',
    bridge: 'none',
    iptables: false,
    'ip-forward': false,
    'ip-masq': false,
    'userland-proxy': false,
  };
}
