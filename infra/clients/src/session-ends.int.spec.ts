import { eventually } from '@shiplog/testing';
import { BUSYBOX } from '../../../services/kubelet/src/testing/test-engine';
import { findKubectls, newestKubectl } from './kubectls';
import { NodeRig } from './node-rig';
import { startKubectl, type RunningKubectl } from './running-kubectl';

/** One that speaks SPDY, where there is one, and one that speaks WebSockets. */
const [oldest] = findKubectls().present.filter(({ minor }) => minor >= 27);
const clients = [...new Set([oldest ?? newestKubectl(), newestKubectl()])];
/** What a session may take to end with a reason, in milliseconds, and what a client may take to end after that. */
const MOST_MS = 2_000;
const CLIENT_MS = 500;

const LAST_OF_SPDY = 29;

let node: NodeRig;
let container: string;
beforeAll(async () => {
  node = await NodeRig.start();
  const spec = {
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    containers: [{ name: 'main', image: BUSYBOX, command: ['/busybox', 'sleep', '1000'] }],
  };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'busy' }, spec };
  await node.rig.kubectl('create -f -', { input: JSON.stringify(pod) });
  await node.rig.kubectl('wait --for=condition=Ready pod/busy --timeout=60s');
  const id = await node.rig.kubectl('get pod busy -o jsonpath={.status.containerStatuses[0].containerID}');
  container = id.replace('docker://', '');
});
afterAll(() => node?.stop());

const exec = (binary: string, script: string, options: { heard?: boolean } = {}): RunningKubectl =>
  startKubectl([binary, 'exec', '-i', 'busy', '--', '/busybox', 'sh', '-c', script], node.rig.kubectlEnv(), options);

/** What may be killed under a session, and how it is started again. */
const PARTS: { part: string; end: () => Promise<void>; restart: () => void | Promise<void> }[] = [
  { part: 'the kubelet', end: () => node.stopKubelet('SIGKILL'), restart: () => node.startKubelet() },
  { part: 'the api', end: () => node.rig.stopService('api', 'SIGKILL'), restart: () => node.rig.startApi() },
  { part: 'NATS', end: () => node.rig.nats.pause('SIGKILL'), restart: () => node.rig.nats.resume() },
];

describe.each(clients.map((client) => [client.version, client] as const))('a session of kubectl %s', (_, client) => {
  it.each(PARTS)('ends soon when $part is killed, and leaves nothing in the container', async (killed) => {
    const marker = `47${client.minor}`;
    const run = exec(client.binary, `echo begun; exec /busybox sleep ${marker}`);
    await eventually(() => run.said().includes('begun'));
    expect(await node.engine.docker('top', container)).toContain(`sleep ${marker}`);
    const began = performance.now();
    await killed.end();
    try {
      const code = await run.ended;
      expect(performance.now() - began).toBeLessThan(MOST_MS + CLIENT_MS);
      // An api that is killed says nothing, and a client of SPDY takes that for an end.
      const hearsReason = killed.part !== 'the api' || client.minor > LAST_OF_SPDY;
      if (hearsReason) expect([code, run.said()]).toEqual([1, expect.stringMatching(/begun\n.*error/s)]);
      if (killed.part !== 'the api') expect(run.said()).toContain('broke off');
    } finally {
      await killed.restart();
    }
    const left = async (): Promise<string> => node.engine.docker('top', container);
    await eventually(async () => !(await left()).includes(`sleep ${marker}`), { timeoutMs: 20_000 });
    await eventually(async () => (await exec(client.binary, 'exit 3').ended) === 3, { timeoutMs: 30_000 });
  });

  it('waits for a reader that reads nothing, and keeps nobody else waiting', async () => {
    const slow = Array.from({ length: 6 }, () => exec(client.binary, '/busybox yes', { heard: false }));
    const before = node.rig.apiMemory;
    try {
      for (let round = 0; round < 3; round++) {
        const others = Array.from({ length: 4 }, (_none, index) =>
          exec(client.binary, `/busybox head -c 1000000 /dev/zero; exit ${index + 1}`),
        );
        expect(await Promise.all(others.map(({ ended }) => ended))).toEqual([1, 2, 3, 4]);
      }
      expect(node.rig.apiMemory - before).toBeLessThan(150 * 1024 * 1024);
      // Once they are read they go on.
      for (const { child } of slow) {
        let bytes = 0;
        child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
        await eventually(() => bytes > 8 * 1024 * 1024, { timeoutMs: 20_000 });
        child.stdout.removeAllListeners('data').pause();
      }
    } finally {
      for (const { child } of slow) child.kill();
      await Promise.all(slow.map(({ ended }) => ended));
    }
    await eventually(async () => !(await node.engine.docker('top', container)).includes('yes'), { timeoutMs: 20_000 });
  });
});
