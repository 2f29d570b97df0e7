import { chmodSync, chownSync, statSync } from 'node:fs';
import { isRoot } from '../system/tools';

/** As whom a container's process runs, by numbers. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
}

const ROOT: ContainerUser = { uid: 0, gid: 0 };
/** Nobody has these numbers; `infra/images/service/Dockerfile` knows them too. */
const UNKNOWN = 10_001;

/** What these do on a node takes root: the engine's socket and pods' files, interfaces and routes. */
const NEED_ROOT: ReadonlySet<string> = new Set(['kubelet', 'network']);

/** As whom a service runs. */
export function userOf(service: string): ContainerUser {
  return NEED_ROOT.has(service) ? ROOT : ordinaryUser();
}

/** Whoever runs this, so that what is made here can be read there; for root, a user that nobody else is. */
export function ordinaryUser(): ContainerUser {
  if (isRoot()) return { uid: UNKNOWN, gid: UNKNOWN };
  return { uid: process.getuid?.() ?? UNKNOWN, gid: process.getgid?.() ?? UNKNOWN };
}

/** Lets services in containers read root's files, and pass through its folders; others can do neither, and services can't write. */
export function letRead(...paths: readonly string[]): void {
  if (!isRoot()) return;
  const { gid } = ordinaryUser();
  for (const path of paths) {
    chownSync(path, ROOT.uid, gid);
    chmodSync(path, statSync(path).isDirectory() ? 0o750 : 0o640);
  }
}
