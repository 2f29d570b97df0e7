import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mayWrite, ordinaryUser, type SystemUser } from '@shiplog/postgres';
import type { Cluster } from '../cluster';
import { freePort } from '../system/ports';
import { isRoot } from '../system/tools';

/** Where a Postgres server of this machine listens. */
export type Address =
  | { readonly kind: 'socket'; readonly folder: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Part of a socket's file name, and no port of the machine. */
const SOCKET_PORT = 5_432;
/** A socket's path, with its name, in bytes at most: kernels take 104 to 108. */
const LONGEST_PATH = 100;
const HOST = '127.0.0.1';
const FIRST_PORT = 5_470;

/**
 * A socket in a folder where only the server's user can make one: whoever answers there is the server. A TCP port that
 * it leaves could be taken by anybody, who would then be told the password. TCP where no such folder can be had.
 */
export async function chooseAddress(cluster: Cluster): Promise<Address> {
  const user = await ordinaryUser();
  for (const folder of foldersFor(cluster, process.env.XDG_RUNTIME_DIR)) {
    if (Buffer.byteLength(join(folder, `.s.PGSQL.${SOCKET_PORT}.lock`)) > LONGEST_PATH) continue;
    if (await isOurs(folder, user)) return { kind: 'socket', folder };
  }
  return { kind: 'tcp', host: HOST, port: await freePort(FIRST_PORT + cluster.layout.slot, HOST) };
}

function foldersFor({ layout, home }: Cluster, runtimeFolder: string | undefined): string[] {
  if (process.platform === 'win32') return [];
  const own = runtimeFolder ? [join(runtimeFolder, 'shiplog', String(layout.slot), 'postgres')] : [];
  return [...(isRoot() ? [join(layout.runDir, 'postgres')] : own), home.at('postgres-socket')];
}

/**
 * Makes the folder where it can be made: the server's own and closed to the writing of others.
 * @param user that the server runs as, when that is not this process's own
 */
async function isOurs(folder: string, user: SystemUser | undefined): Promise<boolean> {
  try {
    mkdirSync(folder, { recursive: true });
    if (!lstatSync(folder).isDirectory()) return false;
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    chmodSync(folder, 0o711);
    return user === undefined || (await mayWrite(user, folder));
  } catch {
    return false; // Another user's, or on a file system that nobody can write to.
  }
}

/** What Postgres must be set to, to listen there and nowhere else. */
export function listenSettings(address: Address): Record<string, string | number> {
  return address.kind === 'socket'
    ? { listen_addresses: '', port: SOCKET_PORT, unix_socket_directories: `"${address.folder}"` }
    : { listen_addresses: address.host, port: address.port, unix_socket_directories: '' };
}

/** The URL of one of its databases, for a role. */
export function databaseUrl(address: Address, role: string, password: string, database: string): string {
  const start = `postgres://${role}:${encodeURIComponent(password)}@`;
  if (address.kind === 'tcp') return `${start}${address.host}:${address.port}/${database}`;
  return `${start}/${database}?host=${encodeURIComponent(address.folder).replaceAll('%2F', '/')}`;
}
