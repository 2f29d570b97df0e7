import { readdir, readFile } from 'node:fs/promises';
import { StreamBroken, type DuplexStream } from '@shiplog/bus';
import {
  AttachContainer,
  CHANNELS,
  Dial,
  Exec,
  StatusError,
  type KubeStatus,
  type PayloadOf,
} from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import type { Pod } from '../domain/pod';
import { NODE, shell, TestNode } from '../testing/test-node';

interface Heard {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: KubeStatus | undefined;
}

/** All that a session says. */
async function heard(stream: DuplexStream, onText: (text: string) => void = () => undefined): Promise<Heard> {
  const parts = { stdout: '', stderr: '', error: '' };
  for await (const { channel, data } of stream.chunks) {
    const text = Buffer.from(data).toString();
    if (channel === CHANNELS.stdout) onText((parts.stdout += text));
    if (channel === CHANNELS.stderr) parts.stderr += text;
    if (channel === CHANNELS.error) parts.error += text;
  }
  const { stdout, stderr, error } = parts;
  return { stdout, stderr, status: error === '' ? undefined : (JSON.parse(error) as KubeStatus) };
}

const SUCCESS = { metadata: {}, status: 'Success' };
const OUTPUTS = { stdout: true, stderr: true };

describe('sessions with containers', () => {
  let node: TestNode;
  let pod: Pod;
  beforeAll(async () => {
    node = await TestNode.start();
    const echo = '/busybox nc -ll -p 8080 -e /busybox cat & /busybox httpd -f -p 127.0.0.1:8082 -h /';
    const script = `${echo} & while read line; do echo "heard $line"; done; sleep 1000`;
    await node.pod('web', { script, containers: [{ name: 'main', stdin: true }] });
    pod = await node.untilReady('web');
  });
  afterAll(() => node.stop());

  const of = (container = 'main'): { namespace: string; pod: string; uid: string; container: string } => ({
    namespace: 'default',
    pod: 'web',
    uid: pod.metadata.uid,
    container,
  });
  const exec = (script: string, options: Partial<PayloadOf<typeof Exec>> = {}): Promise<DuplexStream> =>
    node.system.bus.open(Exec, { ...of(), ...OUTPUTS, command: shell(script), ...options }, { node: NODE });
  const dial = (port: number, at: 'loopback' | 'address' = 'loopback'): Promise<DuplexStream> =>
    node.system.bus.open(Dial, { namespace: 'default', pod: 'web', uid: pod.metadata.uid, port, at }, { node: NODE });
  /** Processes of the machine whose command line holds a word. */
  const processesWith = async (word: string): Promise<number> => {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    return lines.filter((line) => line.includes(word)).length;
  };

  it('run a command, with its outputs apart and its exit code', async () => {
    expect(await heard(await exec('echo out; echo err >&2'))).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      status: SUCCESS,
    });
    expect((await heard(await exec('exit 7'))).status).toEqual({
      metadata: {},
      status: 'Failure',
      reason: 'NonZeroExitCode',
      message: 'command terminated with non-zero exit code: exit status 7',
      details: { causes: [{ reason: 'ExitCode', message: '7' }] },
    });
  });

  it('give a command its input, and the end of it', async () => {
    const stream = await exec('/busybox wc -c', { stdin: true });
    await stream.write(CHANNELS.stdin, Buffer.alloc(1_000_000, 'x'));
    await stream.write(CHANNELS.stdin, new Uint8Array());
    expect(await heard(stream)).toMatchObject({ stdout: '1000000\n', status: SUCCESS });
  });

  it('give a command a terminal, with its size', async () => {
    const stream = await exec('read x; /busybox stty size; exit 3', { stdin: true, tty: true });
    await stream.write(CHANNELS.resize, Buffer.from('{"Width":101,"Height":37}'));
    await stream.write(CHANNELS.resize, Buffer.from('{"Width":-1}'));
    await stream.write(CHANNELS.stdin, Buffer.from('go\n'));
    const { stdout, status } = await heard(stream);
    expect(stdout).toContain('37 101');
    expect(status?.details?.causes).toEqual([{ reason: 'ExitCode', message: '3' }]);
  });

  it('say of a program that is not there what the engine says', async () => {
    const { stdout, stderr, status } = await heard(await exec('', { command: ['/nonsense'] }));
    expect(stdout + stderr + (status?.message ?? '')).toContain('/nonsense');
    expect(status?.status).toBe('Failure');
  });

  it('are refused for containers that do not run, in Kubernetes words', async () => {
    await expect(node.system.bus.open(Exec, { ...of('other'), command: ['ls'] }, { node: NODE })).rejects.toMatchObject(
      {
        status: { code: 500, message: 'container not found ("other")' },
      },
    );
    await expect(
      node.system.bus.open(Exec, { ...of(), uid: 'gone', command: ['ls'] }, { node: NODE }),
    ).rejects.toMatchObject({ status: { code: 404, message: 'pod does not exist' } });
  });

  it('leave nothing in the container when who asked leaves', async () => {
    const stream = await exec('/busybox sleep 4711 & /busybox sleep 4711');
    await eventually(async () => (await processesWith('sleep\u00004711')) === 2);
    const began = performance.now();
    stream.close(new StatusError({ code: 400, message: 'the client left' }));
    await eventually(async () => (await processesWith('sleep\u00004711')) === 0);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it("carry the container's own input and output, until who asked leaves; the container goes on", async () => {
    const stream = await node.system.bus.open(AttachContainer, { ...of(), ...OUTPUTS, stdin: true }, { node: NODE });
    let done: () => void;
    const said = new Promise<void>((resolve) => (done = resolve));
    const reading = heard(stream, (text) => (text.includes('heard hello') ? done() : undefined)).catch(
      (error: unknown) => error,
    );
    await stream.write(CHANNELS.stdin, Buffer.from('hello\n'));
    await said;
    stream.close();
    await reading;
    expect((await heard(await exec('echo alive'))).stdout).toBe('alive\n');
  });

  it('reach a port that listens on 127.0.0.1 only, and end each way by itself', async () => {
    const stream = await dial(8080);
    await stream.write(0, Buffer.from('echo'));
    await stream.write(0, new Uint8Array());
    expect((await heardBytes(stream)).toString()).toBe('echo');
    const web = await dial(8082);
    await web.write(0, Buffer.from('GET /nothing HTTP/1.0\r\n\r\n'));
    expect((await heardBytes(web)).toString()).toMatch(/^HTTP\/1.[01] 404/);
    await expect(dial(8081)).rejects.toMatchObject({
      status: {
        code: 500,
        message: expect.stringContaining('dial tcp4 127.0.0.1:8081: connect: connection refused') as unknown,
      },
    });
  });

  it('go on beside one that nobody reads, and that one ends too', async () => {
    const stuck = await exec('/busybox yes');
    expect((await heard(await exec('echo beside'))).stdout).toBe('beside\n');
    stuck.close();
    await eventually(async () => (await processesWith('/busybox\u0000yes')) === 0);
  });

  it('end with a reason when the kubelet stops, and leave nothing; a new one ends what a killed one left', async () => {
    const stream = await exec('/busybox sleep 4712');
    const dialed = await dial(8080);
    await exec('/busybox yes');
    const ends = [heard(stream), heardBytes(dialed)].map((end) => end.catch((error: unknown) => error));
    await eventually(async () => (await processesWith('sleep\u00004712')) === 1);
    await node.stopKubelet();
    for (const end of await Promise.all(ends)) {
      const reason = end instanceof StreamBroken ? end.message : (end as StatusError).status.message;
      expect(reason).toContain('the kubelet is stopping');
    }
    await eventually(async () => (await processesWith('sleep\u00004712')) === 0);
    await eventually(async () => (await processesWith('/busybox\u0000yes')) === 0);
    await node.startKubelet();
    const again = async (): Promise<string> => (await heard(await exec('echo again'))).stdout;
    expect(await eventually(() => again().catch(() => undefined))).toBe('again\n');
  });
});

async function heardBytes(stream: DuplexStream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const { data } of stream.chunks) parts.push(data);
  return Buffer.concat(parts);
}
