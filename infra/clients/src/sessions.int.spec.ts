import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { eventually, freePort } from '@shiplog/testing';
import { BUSYBOX } from '../../../services/kubelet/src/testing/test-engine';
import { KubectlSession } from './kubectl-session';
import { findKubectls, IS_WHOLE } from './kubectls';
import { NodeRig } from './node-rig';

/** The oldest speaks SPDY, the newest WebSockets: where there is time for two only. */
const all = findKubectls().present.filter(({ minor }) => minor >= 27);
const clients = IS_WHOLE ? all : all.filter((_, index) => index === 0 || index === all.length - 1);

let node: NodeRig;
beforeAll(async () => {
  node = await NodeRig.start();
});
afterAll(async () => {
  await node?.stop();
});

const command = (script: string): string[] => ['/busybox', 'sh', '-c', script];
const SERVER = [
  'mkdir /www',
  'echo served > /www/index.html',
  '/busybox httpd -p 127.0.0.1:8080 -h /www',
  'while read line; do echo "heard $line"; done',
  'sleep 1000',
].join('; ');

const web = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'main',
        image: BUSYBOX,
        stdin: true,
        command: command(SERVER.replaceAll(/\b(mkdir|sleep) /g, '/busybox $1 ')),
      },
    ],
  },
};
const pair = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'pair' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: ['one', 'two'].map((name) => ({ name, image: BUSYBOX, command: command('/busybox sleep 1000') })),
  },
};

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

describe.each(clients.map((client) => [client.version, client] as const))('kubectl %s', (_, client) => {
  const my = new KubectlSession(() => node.rig, client, `v${client.minor}`);
  const exec = (script: string, options: { flags?: string; input?: string } = {}): Promise<string> =>
    my.run(`exec ${options.flags ?? ''} web -- /busybox sh -c '${script}'`, { input: options.input });
  /** One that goes on until it is ended. */
  const start = (args: string, wrapped = false): Running => {
    const words = [client.binary, `--namespace=${my.namespace}`, ...args.split(' ')];
    const [program = '', ...rest] = wrapped
      ? ['script', '-qec', `stty rows 33 cols 99; ${words.join(' ')}`, '/dev/null']
      : words;
    const child = spawn(program, rest, { env: node.rig.kubectlEnv() });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdin.on('error', () => undefined);
    const ended = once(child, 'close').then(([code]) => code as number | null);
    return { child, said: () => said, ended };
  };

  beforeAll(async () => {
    await my.run(`create namespace ${my.namespace}`);
    for (const pod of [web, pair]) await my.run('create -f -', { input: JSON.stringify(pod) });
    await my.run('wait --for=condition=Ready pod/web pod/pair --timeout=30s');
  });
  afterAll(() => my.run('delete pod web pair --now'));

  it('execs, with its outputs apart and its exit code', async () => {
    expect(await exec('echo out; echo err >&2')).toBe('out\nerr\n');
    await expect(exec('exit 7')).rejects.toThrow(/exit 7: command terminated with exit code 7/);
  });

  it('gives a command its input to the end', async () => {
    expect(await exec('/busybox wc -c', { flags: '-i', input: 'x'.repeat(3_000_000) })).toBe('3000000\n');
  });

  it('gives a command a terminal', async () => {
    const run = start(`exec -it web -- /busybox sh`, true);
    await eventually(() => run.said().includes('# '));
    run.child.stdin.write('/busybox stty size; /busybox tty; exit 3\n');
    expect(await run.ended).toBe(3);
    expect(run.said()).toMatch(/33 99\s+\/dev\/pts\/0/);
  });

  it('is refused in Kubernetes words', async () => {
    await my.refuses('exec nobody -- ls', /pods "nobody" not found/);
    await my.refuses('exec pair -c three -- ls', /container three is not valid for pod pair/);
    await my.refuses('exec web -- /nonsense', /\/nonsense/);
    expect(await my.run('exec pair -c two -- /busybox echo two')).toBe('two\n');
  });

  it('attaches to the container', async () => {
    const run = start('attach -i web');
    const line = `hello from ${client.version}`;
    await eventually(() => {
      run.child.stdin.write(`${line}\n`);
      return run.said().includes(`heard ${line}`);
    });
    run.child.kill();
    await run.ended;
  });

  it('forwards ports to what listens on 127.0.0.1 only, and tells where nobody listens', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const run = start(`port-forward web ${port}:8080`);
    await eventually(() => run.said().includes(`Forwarding from 127.0.0.1:${port}`));
    const texts = await Promise.all(Array.from({ length: 5 }, () => fetched(port)));
    expect(texts).toEqual(Array(5).fill('served\n'));
    run.child.kill();
    await run.ended;
    const vain = start(`port-forward web ${other}:8081`);
    await eventually(() => vain.said().includes(`Forwarding from 127.0.0.1:${other}`));
    await expect(fetched(other)).rejects.toThrow();
    await eventually(() => /8081.*connection refused/s.test(vain.said()));
    vain.child.kill();
    await vain.ended;
  });
});

function fetched(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: '/index.html', agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve(text));
      answer.on('error', reject);
    });
    request.on('error', reject);
  });
}
