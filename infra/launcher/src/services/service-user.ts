import { chmodSync, chownSync, statSync } from 'node:fs';
import type { Role } from '@shiplog/contracts';
import type { SystemUser } from '@shiplog/postgres';
import { SLOTS } from '../settings';
import { isRoot } from '../system/tools';

/** Of the range that systemd gives to services without a user in /etc/passwd: no person has such an id. */
const FIRST_ID = 61_184;
/** Need nothing of the machine but the network; the agents of nodes write into the kernel, and stay root. */
const ORDINARY: readonly Role[] = ['journal', 'api', 'scheduler', 'controller', 'dns'];

/** Behind those of all slots: a process of hollow nodes is nobody's agent on this machine. */
const FIRST_HOLLOW_ID = FIRST_ID + SLOTS.length * ORDINARY.length;

/** Whom root runs a service as: a user for each, so that none reads the others' keys; undefined: itself. */
export function serviceUser(role: Role | 'hollow', slot: number): SystemUser | undefined {
  const nth = role === 'hollow' ? -1 : ORDINARY.indexOf(role);
  if ((nth < 0 && role !== 'hollow') || process.platform !== 'linux' || !isRoot()) return undefined;
  const id = role === 'hollow' ? FIRST_HOLLOW_ID + slot : FIRST_ID + slot * ORDINARY.length + nth;
  return { uid: id, gid: id };
}

/** Lets a user read files of root, and pass through its folders; it can't write them, and others can do neither. For root to call. */
export function letRead({ gid }: SystemUser, ...paths: readonly string[]): void {
  for (const path of paths) {
    chownSync(path, 0, gid);
    chmodSync(path, statSync(path).isDirectory() ? 0o750 : 0o640);
  }
}
