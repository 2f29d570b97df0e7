import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What runs in a pod's network namespace: servers that echo, and clients that say what they met. */
const AGENT = `
const net = require('net'), dgram = require('dgram');
const LIMIT = 400;
let received = 0, held;
const answer = (socket, start) => new Promise((resolve) => {
  socket.setTimeout(LIMIT, () => { socket.destroy(); resolve('timeout'); });
  socket.once('data', (data) => { socket.setTimeout(0); resolve(String(data)); });
  socket.once('error', (error) => resolve(error.code));
  start();
});
const does = {
  listen: async ({ tcp = [], udp = [], host }) => {
    for (const port of tcp) await new Promise((up) => net.createServer((s) => {
      s.on('error', () => {}); s.on('data', (data) => s.write(data)); s.write(s.remoteAddress.replace('::ffff:', ''));
    }).listen(port, up));
    for (const port of udp) await new Promise((up) => {
      const socket = dgram.createSocket('udp6');
      socket.on('message', (text, from) => { received++; socket.send('seen', from.port, from.address); }).bind(port, up);
    });
  },
  tcp: async ({ ip, port }) => { const s = net.connect(port, ip); const text = await answer(s, () => {}); s.destroy(); return text; },
  hold: ({ ip, port }) => { held = net.connect(port, ip); return answer(held, () => {}); },
  say: () => answer(held, () => held.write('still here')),
  udp: ({ ip, port }) => new Promise((resolve) => {
    const socket = dgram.createSocket(ip.includes(':') ? 'udp6' : 'udp4');
    const end = (text) => { clearTimeout(timer); socket.close(); resolve(text); };
    const timer = setTimeout(() => end('timeout'), LIMIT);
    socket.on('error', (error) => end(error.code)).on('message', (text) => end(String(text)));
    socket.send('x', port, ip);
  }),
  flood: ({ ip, port }) => {
    const socket = dgram.createSocket('udp4').on('error', () => {});
    setInterval(() => socket.send('x', port, ip, () => {}), 1);
  },
  received: () => received,
};
process.on('message', async ({ id, does: name, ...more }) => process.send({ id, answer: await does[name](more) }));
process.on('disconnect', () => process.exit());
process.send({ id: 0 });
`;

type Ask = { readonly ip: string; readonly port: number };

/** A process in a network namespace of its own, as a pod's sandbox is, with no network until it is connected. */
export class LivePod {
  #asked = 0;
  readonly #waiting = new Map<number, (answer: unknown) => void>();

  private constructor(private readonly child: ChildProcess) {
    child.on('message', ({ id, answer }: { id: number; answer: unknown }) => this.#waiting.get(id)?.(answer));
  }

  /** In a namespace that is made for it, or in the one of that name. */
  static async start(namespace?: string): Promise<LivePod> {
    const enter = namespace === undefined ? ['unshare', '--net'] : ['nsenter', `--net=/run/netns/${namespace}`];
    const [program = '', ...args] = [...enter, process.execPath, '-e', AGENT];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const pod = new LivePod(child);
    await once(child, 'message');
    return pod;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Servers of TCP that tell whom they see and echo; of UDP that answer `seen`. */
  listen(ports: { tcp?: number[]; udp?: number[] }): Promise<unknown> {
    return this.#ask('listen', ports);
  }

  /** The address that a server saw, or how it went wrong: `timeout`. */
  tcp(ip: string, port: number): Promise<unknown> {
    return this.#ask('tcp', { ip, port });
  }

  /** `seen` or `timeout`. */
  udp(ip: string, port: number): Promise<unknown> {
    return this.#ask('udp', { ip, port });
  }

  /** As `tcp`, and the connection stays, for `say`. */
  hold(ip: string, port: number): Promise<unknown> {
    return this.#ask('hold', { ip, port });
  }

  say(): Promise<unknown> {
    return this.#ask('say', {});
  }

  /** A packet a millisecond from now on, also while there is no network. */
  flood(ip: string, port: number): Promise<unknown> {
    return this.#ask('flood', { ip, port });
  }

  /** How many packets of UDP its servers have seen. */
  received(): Promise<unknown> {
    return this.#ask('received', {});
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  #ask(does: string, more: Partial<Ask> | { tcp?: number[]; udp?: number[] }): Promise<unknown> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, (answer) => {
        this.#waiting.delete(id);
        resolve(answer);
      });
      this.child.send({ id, does, ...more });
    });
  }
}
