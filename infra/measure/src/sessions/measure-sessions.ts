import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Exec, type V1Status } from '@kubernetes/client-node';
import { NodeRig } from '../../../clients/src/node-rig';
import { nodeConfigOf } from '../../../clients/src/node-config';
import { BUSYBOX } from '../../../../services/kubelet/src/testing/test-engine';

const ROUNDS = 3;
const MEGABYTE = 1_000_000;
const LINE_BYTES = 100;
/** What an exec through the cluster may be slower than the engine's own, at most, and the reading of a log. */
const MOST_TIMES = 2;

/** One transfer: how long its bytes took by kubectl and by the engine's own client, beyond what it takes without any; in seconds. */
interface Transfer {
  readonly what: string;
  /** What it takes by kubectl without any bytes: its start, its questions before, the start of the command. */
  readonly start: number;
  readonly kubectl: number;
  readonly docker: number;
}

/**
 * A program that is given so many bytes, and what it prints is counted. Seconds from its start to its end. Both are files: who
 * feeds a pipe from here has a share of the time, another one each time.
 */
async function timed(program: string, args: readonly string[], env: NodeJS.ProcessEnv, input: number, output: number) {
  const folder = await mkdtemp(join(tmpdir(), 'shiplog-transfer-'));
  try {
    const [given, printed] = [join(folder, 'given'), join(folder, 'printed')];
    await writeFile(given, Buffer.alloc(input));
    const files = [await open(given), await open(printed, 'w+')] as const;
    const begun = performance.now();
    const child = spawn(program, args, { env, stdio: [files[0].fd, files[1].fd, 'inherit'] });
    const [code] = (await once(child, 'close')) as [number | null];
    const seconds = (performance.now() - begun) / 1_000;
    const { size } = await files[1].stat();
    await Promise.all(files.map((file) => file.close()));
    if (code !== 0 || size < output) throw new Error(`${program} ended with ${code} after ${size} of ${output} bytes`);
    return seconds;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

class Sessions {
  private constructor(
    private readonly node: NodeRig,
    private readonly container: string,
  ) {}

  static async start(logMegabytes: number): Promise<Sessions> {
    const node = await NodeRig.start();
    const lines = (logMegabytes * MEGABYTE) / LINE_BYTES;
    const line = 'x'.repeat(LINE_BYTES - 1);
    const script = `/busybox yes ${line} | /busybox head -n ${lines}; /busybox sleep 100000`;
    const spec = {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image: BUSYBOX, command: ['/busybox', 'sh', '-c', script] }],
    };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'busy' }, spec };
    await node.rig.kubectl('create -f -', { input: JSON.stringify(pod) });
    await node.rig.kubectl('wait --for=condition=Ready pod/busy --timeout=60s');
    const id = await node.rig.kubectl('get pod busy -o jsonpath={.status.containerStatuses[0].containerID}');
    return new Sessions(node, id.replace('docker://', ''));
  }

  stop(): Promise<void> {
    return this.node.stop();
  }

  /** The same by both clients, in turns. */
  async transfer(what: string, kubectl: readonly string[], docker: readonly string[], input: number, output: number) {
    const { rig, engine } = this.node;
    const took = { kubectl: [] as number[], docker: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      took.docker.push(await timed('docker', ['-H', engine.host, ...docker], process.env, input, output));
      took.kubectl.push(await timed('kubectl', kubectl, rig.kubectlEnv(), input, output));
    }
    return { what, kubectl: median(took.kubectl), docker: median(took.docker) };
  }

  /** The bytes of an exec, without the start of it. */
  async exec(what: string, bytes: number, commandOf: (bytes: number) => readonly string[], isInput: boolean) {
    const run = (count: number) => {
      const [flags, command] = [isInput ? ['-i'] : [], commandOf(count)];
      const kubectl = ['exec', ...flags, 'busy', '--', ...command];
      const docker = ['exec', ...flags, this.container, ...command];
      return this.transfer(what, kubectl, docker, isInput ? count : 0, isInput ? 0 : count);
    };
    const [start, whole] = [await run(0), await run(bytes)];
    const [kubectl, docker] = [whole.kubectl - start.kubectl, whole.docker - start.docker];
    return { what, start: start.kubectl, kubectl, docker };
  }

  async transfers(megabytes: number, logMegabytes: number): Promise<Transfer[]> {
    const bytes = megabytes * MEGABYTE;
    const out = (count: number): string[] => ['/busybox', 'head', '-c', String(count), '/dev/zero'];
    const into = (): string[] => ['/busybox', 'sh', '-c', '/busybox cat > /dev/null'];
    return [
      await this.exec(`exec, ${megabytes} MB out`, bytes, out, false),
      await this.exec(`exec, ${megabytes} MB in`, bytes, into, true),
      await this.log(logMegabytes),
    ];
  }

  async log(megabytes: number): Promise<Transfer> {
    const docker = ['logs', this.container];
    const took = await this.transfer(`log of ${megabytes} MB`, ['logs', 'busy'], docker, 0, megabytes * MEGABYTE);
    return { ...took, start: 0 };
  }

  /** So many at once, each of which is answered once before any of them ends; seconds until all are answered, and until all ended. */
  async atOnce(count: number): Promise<{ readonly answered: number; readonly ended: number }> {
    const exec = new Exec(nodeConfigOf(this.node.rig));
    const begun = performance.now();
    const seconds = (): number => (performance.now() - begun) / 1_000;
    const sessions = Array.from({ length: count }, () => {
      const [input, out] = [new PassThrough(), new PassThrough()];
      const line = ['/busybox', 'sh', '-c', 'read line; echo "$line"; read line'];
      const ended = new Promise<V1Status>((resolve, reject) => {
        exec.exec('default', 'busy', 'main', line, out, null, input, false, resolve).catch(reject);
      });
      input.write('hello\n');
      return { input, ended, answered: once(out, 'data') };
    });
    await Promise.all(sessions.map(({ answered }) => answered));
    const answered = seconds();
    for (const { input } of sessions) input.write('\n');
    const statuses = await Promise.all(sessions.map(({ ended }) => ended));
    const failed = statuses.filter(({ status }) => status !== 'Success');
    if (failed.length > 0) throw new Error(`${failed.length} sessions failed: ${failed[0]?.message}`);
    return { answered, ended: seconds() };
  }
}

/** The figures for people. Throws when a transfer takes longer than it may. */
export async function measureSessions(megabytes: number, logMegabytes: number, count: number): Promise<void> {
  const sessions = await Sessions.start(logMegabytes);
  try {
    const transfers = await sessions.transfers(megabytes, logMegabytes);
    for (const { what, kubectl, docker, start } of transfers) {
      const times = (kubectl / docker).toFixed(2);
      const begun = start === 0 ? '' : `, beside ${start.toFixed(2)} s until it has begun`;
      process.stdout.write(
        `  ${what.padEnd(20)} kubectl ${kubectl.toFixed(2)} s, docker ${docker.toFixed(2)} s: ${times} ×${begun}\n`,
      );
    }
    const { answered, ended } = await sessions.atOnce(count);
    process.stdout.write(
      `  ${count} sessions at once: all answered after ${answered.toFixed(1)} s, all ended after ${ended.toFixed(1)} s\n`,
    );
    const slow = transfers.filter(({ kubectl, docker }) => kubectl > MOST_TIMES * docker);
    if (slow.length > 0)
      throw new Error(`more than ${MOST_TIMES} × as long as docker: ${slow.map(({ what }) => what).join('; ')}`);
  } finally {
    await sessions.stop();
  }
}
