import { createHash } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { sentenceOf } from '../failure';
import type { Registry } from '../processes/registry';
import { runtimeFolder } from '../runtime-folder';

/** What may be asked of the running launcher about one of its processes. */
export const CONTROL_VERBS = ['stop', 'start', 'restart'] as const;
export type ControlVerb = (typeof CONTROL_VERBS)[number];

export interface ControlRequest {
  verb: ControlVerb;
  name: string;
}
export type ControlAnswer = { ok: true } | { ok: false; why: string };

/**
 * A home may be too deep in the file system for a socket's name (about 100 bytes), so it is not there, but in the folder
 * of this user's runtime state.
 */
export function controlSocket(home: string): string {
  return join(runtimeFolder(), `${createHash('sha256').update(home).digest('hex').slice(0, 16)}.sock`);
}

/** Serves requests of this machine's same user: one JSON request a connection, one JSON answer. */
export function serveControl(home: string, registry: Registry): Server {
  const path = controlSocket(home);
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    // A caller that went away without listening has nobody to be told.
    socket.on('error', () => socket.destroy());
    socket.on('end', () => {
      void answer(text, registry).then((reply) => socket.end(JSON.stringify(reply)));
    });
  });
  server.listen(path, () => chmodSync(path, 0o600));
  return server;
}

async function answer(text: string, registry: Registry): Promise<ControlAnswer> {
  try {
    const { verb, name } = JSON.parse(text) as ControlRequest;
    const managed = registry.get(name);
    if (managed === undefined) {
      return { ok: false, why: `nothing is called ${name}; there are ${registry.names().join(', ')}` };
    }
    if (verb !== 'start') await managed.stop();
    if (verb !== 'stop' && managed.state.kind === 'stopped') managed.start();
    return { ok: true };
  } catch (error) {
    return { ok: false, why: sentenceOf(error) };
  }
}

/** Asks the launcher of a home; throws when none runs. */
export function askControl(home: string, request: ControlRequest): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(controlSocket(home));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.once('error', reject);
    socket.once('end', () => resolve(JSON.parse(text) as ControlAnswer));
    socket.end(JSON.stringify(request));
  });
}
