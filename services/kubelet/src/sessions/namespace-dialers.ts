import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG } from '@shiplog/service';
import type { KubeletConfig } from '../settings';
import { DIALER_PROGRAM } from './dialer-program';

/** How long a helper stays for the next connection, in milliseconds. */
const IDLE_MS = 60_000;
/** Paths of sockets are short (sun_path, unix(7)), wherever the state is. */
const DIRECTORY = '/tmp';

const LOOPBACK = ['127.0.0.1', '::1'];

interface Helper {
  readonly child: ChildProcess;
  readonly path: string;
  readonly ready: Promise<void>;
  connections: number;
  idle?: NodeJS.Timeout;
}

/**
 * Connects to ports within network namespaces, as a process there would: also to what listens on 127.0.0.1 only. A process
 * can't go to another namespace and come back, so a small one stands in each that is asked for, and joins what comes by a
 * Unix socket, which no network namespace holds back, to the port. It ends when nobody asks any more, or the kubelet ends.
 */
@Injectable()
export class NamespaceDialers implements OnApplicationShutdown {
  readonly #helpers = new Map<number, Helper>();
  readonly #directory: string;

  constructor(@Inject(CONFIG) { nodeName }: Pick<KubeletConfig, 'nodeName'>) {
    this.#directory = join(DIRECTORY, `shiplog-dial-${nodeName.slice(0, 20)}-${randomBytes(4).toString('hex')}`);
  }

  /** Connects in the namespace of a process, to the first of the addresses that answers. Throws an Error that says why there is no connection. */
  async dial(pid: number, port: number, addresses: readonly string[] = LOOPBACK): Promise<Socket> {
    const helper = this.#helpers.get(pid) ?? this.#start(pid);
    helper.connections += 1;
    clearTimeout(helper.idle);
    try {
      await helper.ready;
      const socket = await throughHelper(helper.path, [port, ...addresses].join(' '));
      socket.once('close', () => this.#left(pid, helper));
      return socket;
    } catch (error) {
      this.#left(pid, helper);
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    for (const [pid, helper] of this.#helpers) this.#end(pid, helper);
    await rm(this.#directory, { recursive: true, force: true });
  }

  #start(pid: number): Helper {
    const path = join(this.#directory, `${pid}-${randomBytes(4).toString('hex')}.sock`);
    const args = [`--net=/proc/${pid}/ns/net`, process.execPath, '-e', DIALER_PROGRAM, path];
    // There before the helper listens in it.
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    // The kubelet's settings are none of its business.
    const env = { PATH: process.env['PATH'] };
    const child = spawn('nsenter', args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const helper: Helper = { child, path, connections: 0, ready: readiness(child) };
    helper.ready.catch(() => this.#end(pid, helper));
    child.once('exit', () => this.#end(pid, helper));
    // What went wrong is told by `ready`, and by the exit; heard by nobody, it would end the kubelet.
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    this.#helpers.set(pid, helper);
    return helper;
  }

  #left(pid: number, helper: Helper): void {
    helper.connections -= 1;
    if (helper.connections > 0) return;
    helper.idle = setTimeout(() => this.#end(pid, helper), IDLE_MS).unref();
  }

  #end(pid: number, helper: Helper): void {
    clearTimeout(helper.idle);
    if (this.#helpers.get(pid) === helper) this.#helpers.delete(pid);
    helper.child.kill();
  }
}

/** It writes a line once it listens. */
async function readiness(child: ChildProcess): Promise<void> {
  const said: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.length < 8 && said.push(chunk));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('error', reject);
    child.once('exit', () => reject(new Error(Buffer.concat(said).toString().trim() || 'nsenter ended')));
  });
}

/** Asks for a port and addresses in a line; the answer is an empty line, or why there is no connection. */
async function throughHelper(path: string, wanted: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  try {
    socket.write(`${wanted}\n`);
    const line = await firstLine(socket);
    if (line !== '') throw new Error(line);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Reads the first line and nothing after it. */
async function firstLine(socket: Socket): Promise<string> {
  let line = '';
  for (;;) {
    for (let byte = socket.read(1) as Buffer | null; byte !== null; byte = socket.read(1) as Buffer | null) {
      if (byte[0] === 0x0a) return line;
      line += byte.toString('latin1');
    }
    if (socket.readableEnded) throw new Error('the connection was closed');
    await Promise.race([once(socket, 'readable'), once(socket, 'end')]);
  }
}
