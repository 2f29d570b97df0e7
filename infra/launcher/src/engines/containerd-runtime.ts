import { join } from 'node:path';
import { writeContainerdFiles } from '@shiplog/containerd';
import type { Cluster } from '../cluster';
import { containerdImages } from '../images/image-store';
import type { MinionLayout } from '../layout';
import { endProcess } from '../processes/ending';
import { identityOf } from '../processes/identity';
import type { ManagedProcess } from '../processes/managed-process';
import { RANK } from '../processes/registry';
import { unmountBelow } from '../slot/clear-slot';
import { waitUntil } from '../waiting';
import { ctrAt, type Ctr } from './ctr';
import { inMinion } from './in-minion';
import type { MinionRuntime } from './minion-runtime';
import { resolverOf } from './resolver';

/** containerd by itself, which kubelets speak to by the Container Runtime Interface. */
export const containerdRuntime: MinionRuntime = {
  title: 'containerd',
  tools: { containerd: 'containerd', ctr: 'containerd', runc: 'runc' },
  processes: ['containerd'],
  start: async (cluster, minion) => {
    const resolver = await resolverOf(minion, stateOf(minion));
    return startContainerd(cluster, minion, (command) => inMinion(minion, [...resolver, ...command]));
  },
  answers,
  stopContainers,
  images: (minion) => containerdImages(ctrAt(minion.socket, NAMESPACE, IMPORTED_WITHIN_MS)),
  kubeletEnv: (minion) => ({
    CONTAINER_RUNTIME: 'containerd',
    CONTAINER_RUNTIME_ENDPOINT: `unix://${minion.socket}`,
    POD_LOGS_DIR: join(minion.home, 'pod-logs'),
  }),
};

/** Where one has its files and listens. */
export type ContainerdPlace = Pick<MinionLayout, 'name' | 'home' | 'runDir' | 'socket'>;

/** containerd's name for what belongs to pods. */
const NAMESPACE = 'k8s.io';
/** A container gets so long between SIGTERM and SIGKILL when the whole cluster stops. */
const GRACE_MS = 2_000;
const IMPORTED_WITHIN_MS = 300_000;
/** containerd has heard by then of what has ended. */
const HEARD_MS = 10_000;

/** @param within puts before its command line what leads into its network */
export function startContainerd(
  cluster: Cluster,
  place: ContainerdPlace,
  within: (command: readonly string[]) => { command: string; args: string[] },
): ManagedProcess {
  const { socket, runDir } = place;
  const root = join(place.home, 'containerd');
  const config = writeContainerdFiles({ root, state: stateOf(place), socket, folder: join(runDir, 'config') });
  const name = `${place.name}-containerd`;
  const line = within(['containerd', '--config', config]);
  return cluster.registry.start({ ...line, name, log: cluster.home.log(name), rank: RANK.containerd });
}

async function answers({ socket }: ContainerdPlace, withinMs?: number): Promise<boolean> {
  return ctrAt(
    socket,
    NAMESPACE,
    withinMs,
  )('version').then(
    () => true,
    () => false,
  );
}

async function stopContainers(place: ContainerdPlace): Promise<void> {
  const ctr = podsCtr(place);
  const running = (await tasksOf(ctr)).flatMap(({ pid }) => identityOf(pid) ?? []);
  await Promise.all(running.map((process) => endProcess(process, { patience: GRACE_MS })));
  const gone = async () => ((await removeEnded(ctr)) ? true : undefined);
  await waitUntil(gone, { name: `The end of all containers of ${place.name}`, within: HEARD_MS });
  // Networks and shared memory of sandboxes stay until somebody removes those, as after a reboot they are not there.
  await unmountBelow(join(stateOf(place), 'io.containerd.grpc.v1.cri'));
}

/**
 * Has the file systems unmounted of what has ended, and those processes end that looked after it; answers whether nothing is left.
 * For pods containerd does so by itself, which may come first.
 */
async function removeEnded(ctr: Ctr): Promise<boolean> {
  const left = await tasksOf(ctr);
  const ended = left.filter(({ status }) => status === 'STOPPED');
  await Promise.all(ended.map(({ id }) => ctr('tasks', 'delete', id).catch(() => undefined)));
  return left.length === 0;
}

interface Task {
  readonly id: string;
  readonly pid: number;
  readonly status: string;
}

async function tasksOf(ctr: Ctr): Promise<Task[]> {
  const [, ...lines] = (await ctr('tasks', 'list')).trim().split('\n');
  return lines.map((line) => {
    const [id = '', pid, status = ''] = line.split(/\s+/);
    return { id, pid: Number(pid), status };
  });
}

function podsCtr({ socket }: ContainerdPlace): Ctr {
  return ctrAt(socket, NAMESPACE);
}

function stateOf({ runDir }: ContainerdPlace): string {
  return join(runDir, 'containerd');
}
