import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import * as k8s from '@kubernetes/client-node';
import { PolicyDrops, type PolicyDrop } from '@shiplog/contracts';
import { issue } from '@shiplog/pki';
import { eventually, freePort, serve } from '@shiplog/testing';
import { TOKEN } from '../../../services/api/src/testing/rig';
import { openWebSocket, type WebSocketClient } from '../../../services/api/src/testing/web-socket-client';
import { BUSYBOX } from '../../../services/kubelet/src/testing/test-engine';
import { KubectlSession } from './kubectl-session';
import { findKubectls } from './kubectls';
import { nodeConfigOf } from './node-config';
import { NODE, NodeRig } from './node-rig';
import { startKubectl, type RunningKubectl } from './running-kubectl';

/** Those of before 1.30 speak SPDY, later ones WebSockets. */
const clients = findKubectls().present.filter(({ minor }) => minor >= 27);

let node: NodeRig;
let folder: string;
beforeAll(async () => {
  node = await NodeRig.start();
  folder = await mkdtemp(join(tmpdir(), 'shiplog-sessions-'));
});
afterAll(async () => {
  await node?.stop();
  await rm(folder, { recursive: true, force: true });
});

const readPem = (file: string): Promise<string> => readFile(join(node.rig.directory, file), 'utf8');

const command = (script: string): string[] => ['/busybox', 'sh', '-c', script];
const SERVER = [
  'mkdir /www',
  'echo served > /www/index.html',
  '/busybox httpd -p 127.0.0.1:8080 -h /www',
  '/busybox httpd -p 8090 -h /www',
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

it('asks a node which connections policies have refused there, for who may ask nodes', async () => {
  const path = 'get --raw /api/v1/nodes/node-a/proxy/policy-drops';
  await expect(node.rig.kubectl(path)).rejects.toThrow('the network agent of node node-a does not answer');
  const drop: PolicyDrop = {
    direction: 'Ingress',
    source: '10.244.1.2',
    sourcePod: 'default/client',
    destination: '10.244.1.3',
    destinationPod: 'default/web',
    protocol: 'TCP',
    port: 80,
    packets: 3,
    secondsAgo: 1,
    policies: ['default/closed'],
  };
  const bus = await node.rig.nats.bus('network-of-drops', { role: 'network', name: NODE });
  const served = await serve(bus, PolicyDrops, () => ({ drops: [drop] }));
  expect(JSON.parse(await node.rig.kubectl(path))).toEqual({ drops: [drop] });
  served.close();
  await expect(node.rig.kubectl('get --raw /api/v1/nodes/none/proxy/policy-drops')).rejects.toThrow(
    'nodes "none" not found',
  );
});

describe.each(clients.map((client) => [client.version, client] as const))('kubectl %s', (_, client) => {
  const my = new KubectlSession(() => node.rig, client, `v${client.minor}`);
  const exec = (script: string, options: { flags?: string; input?: string } = {}): Promise<string> =>
    my.run(`exec ${options.flags ?? ''} web -- /busybox sh -c '${script}'`, { input: options.input });
  /** One that goes on until it is ended. */
  const start = (args: string, wrapped = false): RunningKubectl => {
    const words = [client.binary, `--namespace=${my.namespace}`, ...args.split(' ')];
    const inTerminal = ['script', '-qec', `stty rows 33 cols 99; ${words.join(' ')}`, '/dev/null'];
    return startKubectl(wrapped ? inTerminal : words, node.rig.kubectlEnv());
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

  it('execs by a client certificate, as far as its user may', async () => {
    const { directory } = node.rig;
    const by = { certificate: await readPem('client-ca.pem'), key: await readPem('client-ca.key') };
    const name = `jane-${my.namespace}`;
    const pair = await issue(by, { commonName: name, usage: ['client'], days: 1, now: Date.now() });
    const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    await Promise.all([writeFile(certificate, pair.certificate), writeFile(key, pair.key)]);
    const who = `--client-certificate=${certificate} --client-key=${key} --kubeconfig=/dev/null`;
    const server = `--server=${node.rig.url} --certificate-authority=${join(directory, 'ca.pem')}`;
    const asJane = `exec web ${who} ${server} -- /busybox echo mine`;
    await my.refuses(asJane, new RegExp(`User "${name}" cannot (get|create) resource "pods`));
    await my.run(`create rolebinding jane --clusterrole=edit --user=${name}`);
    await eventually(async () => (await my.run(asJane).catch(String)) === 'mine\n');
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

  it('asks pods, Services and nodes through the api', async () => {
    const base = `get --raw /api/v1/namespaces/${my.namespace}`;
    expect(await node.rig.kubectl(`${base}/pods/web:8090/proxy/index.html?x=1`, my.with)).toBe('served\n');
    expect(await node.rig.kubectl(`${base}/pods/http:web:8090/proxy/`, my.with)).toBe('served\n');
    await expect(node.rig.kubectl(`${base}/pods/web:8091/proxy/`, my.with)).rejects.toThrow(
      /error trying to reach service: dial tcp4 [\d.]+:8091: connect: connection refused/,
    );
    await expect(node.rig.kubectl(`${base}/services/none/proxy/`, my.with)).rejects.toThrow(
      /services "none" not found/,
    );
    expect(await node.rig.kubectl('get --raw /api/v1/nodes/node-a/proxy/healthz', my.with)).toBe('ok');
    expect(await node.rig.kubectl('get --raw /api/v1/nodes/node-a/proxy/pods', my.with)).toContain('"name":"web"');
  });

  it('serves the API on a port of its own, with what is behind pods', async () => {
    const run = start('proxy --port=0');
    const port = await eventually(() => /Starting to serve on 127\.0\.0\.1:(\d+)/.exec(run.said())?.[1]);
    const base = `/api/v1/namespaces/${my.namespace}/pods`;
    expect(JSON.parse(await fetched(Number(port), `${base}/web`))).toMatchObject({ metadata: { name: 'web' } });
    expect(await fetched(Number(port), `${base}/web:8090/proxy/index.html`)).toBe('served\n');
    const events = await fetched(Number(port), `${base}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name=web`);
    expect(JSON.parse(events.split('\n')[0] ?? '')).toMatchObject({ type: 'ADDED', object: { kind: 'Pod' } });
    run.child.kill();
    await run.ended;
  });

  it('copies files both ways', async () => {
    const [there, back] = [join(folder, 'there'), join(folder, `back-${client.version}`)];
    await writeFile(there, 'x'.repeat(1_000_000));
    await my.run(`cp ${there} web:/copied`);
    await my.run(`cp web:/copied ${back}`);
    expect(await readFile(back, 'utf8')).toBe('x'.repeat(1_000_000));
  });

  it('runs a pod with its input, and removes it', async () => {
    const args = `run once -i --rm --quiet --restart=Never --image=${BUSYBOX} --command -- /busybox wc -c`;
    expect(await my.run(args, { input: 'twelve bytes' })).toMatch(/^12\n/);
    await my.refuses('get pod once', /not found/);
  });

  it('debugs a pod by an ephemeral container that sees the processes of another, and a node', async () => {
    const script = 'read line; /busybox ps; exit 5';
    const debug = `debug -i web --image=${BUSYBOX} --target=main --container=helper -- /busybox sh -c '${script}'`;
    expect(await my.run(debug, { input: 'go\n' })).toContain('/busybox httpd -p 127.0.0.1:8080');
    const ended = 'get pod web -o jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}';
    await eventually(async () => (await my.run(ended)) === '5');
    expect(await my.run('logs web -c helper')).toContain('httpd');
    const onNode = `debug -i node/node-a --image=${BUSYBOX} -- /busybox sh -c 'read line; /busybox ls /host/proc/1/ns'`;
    expect(await my.run(onNode, { input: 'go\n' })).toContain('net');
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

describe('client-node', () => {
  const namespace = 'client-node';
  let config: k8s.KubeConfig;
  beforeAll(async () => {
    config = nodeConfigOf(node.rig);
    await node.rig.kubectl(`create namespace ${namespace}`);
    await node.rig.kubectl(`create -n ${namespace} -f -`, { input: JSON.stringify(web) });
    await node.rig.kubectl(`wait -n ${namespace} --for=condition=Ready pod/web --timeout=30s`);
  });

  it('execs, with input, outputs and how it ended', async () => {
    const [out, err, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const status = new Promise<k8s.V1Status>((resolve, reject) => {
      const line = command('read line; echo "got $line"; echo err >&2; exit 4');
      new k8s.Exec(config).exec(namespace, 'web', 'main', line, out, err, input, false, resolve).catch(reject);
    });
    input.write('this\n');
    expect(await status).toMatchObject({ reason: 'NonZeroExitCode', details: { causes: [{ message: '4' }] } });
    expect([String(out.read()), String(err.read())]).toEqual(['got this\n', 'err\n']);
  });

  it('attaches, and reads the log', async () => {
    const [out, input] = [new PassThrough(), new PassThrough()];
    const socket = await new k8s.Attach(config).attach(namespace, 'web', 'main', out, null, input, false);
    let said = '';
    out.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually(() => {
      input.write('attached\n');
      return said.includes('heard attached');
    });
    socket.close();
    const log = new PassThrough();
    await new k8s.Log(config).log(namespace, 'web', 'main', log, { tailLines: 1 });
    expect(String((await once(log, 'data'))[0])).toMatch(/^heard/);
  });

  it('has a log over a WebSocket, as browsers ask for it, and follows it there', async () => {
    const say = (line: string): Promise<string> =>
      node.rig.kubectl(`exec -n ${namespace} web -- /busybox sh -c 'echo ${line} > /proc/1/fd/1'`);
    const open = async (query: string): Promise<WebSocketClient> => {
      const url = `${node.rig.url}/api/v1/namespaces/${namespace}/pods/web/log?container=main&tailLines=1${query}`;
      const token = `base64url.bearer.authorization.k8s.io.${Buffer.from(TOKEN).toString('base64url')}`;
      return openWebSocket(url, [token, 'binary.k8s.io'], { ca: await readFile(join(node.rig.directory, 'ca.pem')) });
    };
    await say('container is alive');
    await eventually(async () => (await (await open('')).text()) === 'container is alive\n');
    const following = await open('&follow=true');
    const text = (): string => following.messages.map(String).join('');
    await eventually(() => text() === 'container is alive\n');
    await say('still alive');
    await eventually(() => text() === 'container is alive\nstill alive\n');
    following.webSocket.close();
  });

  it('forwards a port', async () => {
    const forward = new k8s.PortForward(config);
    const [out, err, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
    await forward.portForward(namespace, 'web', [8080], out, err, input);
    let said = '';
    out.on('data', (chunk: Buffer) => (said += chunk.toString()));
    input.write('GET /index.html HTTP/1.0\r\n\r\n');
    await eventually(() => said.includes('served'));
  });
});

function fetched(port: number, path = '/index.html'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve(text));
      answer.on('error', reject);
    });
    request.on('error', reject);
  });
}
