import { createHash } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { sentenceOf } from '../failure';
import type { ManagedProcess, ProcessState } from '../processes/managed-process';
import type { Registry } from '../processes/registry';
import { runtimeFolder } from '../runtime-folder';

/** What may be asked of the running launcher about one of its processes. */
export const CONTROL_VERBS = ['stop', 'start', 'restart'] as const;
export type ControlVerb = (typeof CONTROL_VERBS)[number];

export interface ControlRequest {
  verb: ControlVerb | 'token' | 'forget' | 'list';
  name: string;
}
export type ControlAnswer = { ok: true; text?: string } | { ok: false; reason: string };

/** What is asked of the launcher beside its processes, by verb: answers a text, throws a sentence. */
export type ControlDesk = Readonly<Partial<Record<'token' | 'forget', (name: string) => Promise<string>>>>;

/**
 * A home may be too deep in the file system for a socket's name (about 100 bytes), so it is not there, but in the folder
 * of this user's runtime state.
 */
export function controlSocket(home: string): string {
  return join(runtimeFolder(), `${createHash('sha256').update(home).digest('hex').slice(0, 16)}.sock`);
}

/** Serves requests of this machine's same user: one JSON request a connection, one JSON answer. */
export function serveControl(home: string, registry: Registry, desk: ControlDesk = {}): Server {
  const path = controlSocket(home);
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    // A caller that went away without listening has nobody to be told.
    socket.on('error', () => socket.destroy());
    socket.on('end', () => {
      void answer(text, registry, desk).then((reply) => socket.end(JSON.stringify(reply)));
    });
  });
  server.listen(path, () => chmodSync(path, 0o600));
  return server;
}

async function answer(text: string, registry: Registry, desk: ControlDesk): Promise<ControlAnswer> {
  try {
    const { verb, name } = JSON.parse(text) as ControlRequest;
    if (verb === 'token' || verb === 'forget') {
      const served = desk[verb];
      return served === undefined
        ? { ok: false, reason: 'this cluster runs on a NATS server that is not its own' }
        : { ok: true, text: await served(name) };
    }
    if (verb === 'list') return { ok: true, text: JSON.stringify(registry.all().map(listed)) };
    const managed = registry.get(name);
    if (managed === undefined) {
      return { ok: false, reason: `nothing is called ${name}; there are ${registry.names().join(', ')}` };
    }
    if (verb !== 'start') await managed.stop();
    if (verb !== 'stop' && managed.state.kind === 'stopped') managed.start();
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: sentenceOf(error) };
  }
}

/** One of a launcher's processes, and whether it runs. */
export interface ListedProcess {
  readonly name: string;
  readonly state: ProcessState['kind'];
  /** Why it ended, where it is about to start again. */
  readonly reason?: string;
}

function listed({ spec, state }: ManagedProcess): ListedProcess {
  return { name: spec.name, state: state.kind, ...(state.kind === 'waiting' ? { reason: state.reason } : {}) };
}

/** What the launcher of a home says of its processes; undefined when it does not answer in time, nothing of an earlier release. */
export async function listProcesses(home: string, withinMs: number): Promise<ListedProcess[] | undefined> {
  const answer = await askControl(home, { verb: 'list', name: '' }, withinMs).catch(() => undefined);
  if (answer === undefined) return undefined;
  return JSON.parse((answer.ok && answer.text) || '[]') as ListedProcess[];
}

/** Asks the launcher of a home; throws when none runs, or none answers within a time if one is given. */
export function askControl(home: string, request: ControlRequest, withinMs?: number): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(controlSocket(home));
    if (withinMs !== undefined)
      socket.setTimeout(withinMs, () => socket.destroy(new Error(`no answer within ${withinMs} ms`)));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.once('error', reject);
    socket.once('end', () => resolve(JSON.parse(text) as ControlAnswer));
    socket.end(JSON.stringify(request));
  });
}
