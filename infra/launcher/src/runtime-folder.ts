import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { LauncherFailure } from './failure';

/** Where root's clusters keep sockets and process state: emptied by a reboot, as namespaces and mounts are. */
export const SYSTEM_RUNTIME = '/run/shiplog';
/** Engines' sockets are found by name below such a folder, also by users whom root lets have one; nobody lists it. */
export const PASSABLE = 0o711;
const PRIVATE = 0o700;
/** A socket's path has 104 bytes on macOS and 108 on Linux; below this folder comes a name of 21. */
const LONGEST_FOLDER = 78;

/** What decides where a user's runtime state is. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly uid: number;
  /** XDG_RUNTIME_DIR: the session's folder, there until the user's last logout. */
  readonly sessionFolder: string | undefined;
  /** Per user on macOS. */
  readonly temporary: string;
}

/**
 * The folder of what launchers of this user tell each other: claims of slots and control sockets. Made at first use,
 * for its owner alone.
 * @throws LauncherFailure when something else is in its place
 */
export function runtimeFolder(surroundings: Surroundings = here()): string {
  const path = runtimePath(surroundings);
  if (path.startsWith(`${SYSTEM_RUNTIME}/`)) makeOwnFolder(SYSTEM_RUNTIME, PASSABLE);
  makeOwnFolder(path, PRIVATE);
  return path;
}

/** Where that folder is; a session's folder that is not this user's (as after `su`) is not used. */
export function runtimePath({ platform, uid, sessionFolder, temporary }: Surroundings): string {
  if (platform === 'linux' && uid === 0) return join(SYSTEM_RUNTIME, 'launcher');
  const session = sessionFolder ?? (platform === 'linux' ? `/run/user/${uid}` : undefined);
  if (session !== undefined && session.length <= LONGEST_FOLDER && isPrivateFolder(session, uid))
    return join(session, 'shiplog');
  const name = `shiplog-${uid}`;
  return join(platform === 'darwin' && temporary.length + name.length <= LONGEST_FOLDER ? temporary : '/tmp', name);
}

/**
 * Makes a folder below another, and each on the way, with a mode; none of them may be anyone else's.
 * @throws LauncherFailure
 */
export function makeOwnFolders(root: string, path: string, mode: number): void {
  const names = relative(root, path).split('/').filter(Boolean);
  makeOwnFolder(root, mode);
  names.reduce((parent, name) => {
    makeOwnFolder(join(parent, name), mode);
    return join(parent, name);
  }, root);
}

/**
 * Makes a folder of this user, or takes one that is there: no link, of this user, and never writable by others.
 * @throws LauncherFailure which says what is in its place
 */
export function makeOwnFolder(path: string, mode: number = PRIVATE): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const folder = openOwn(path, constants.O_DIRECTORY);
  try {
    if ((fstatSync(folder).mode & 0o777) !== mode) fchmodSync(folder, mode);
  } finally {
    closeSync(folder);
  }
}

/** Writes a file for this user alone; others see the old text or the new one, never a part. What is there is replaced, not followed. */
export function writeOwn(path: string, text: string): void {
  renameSync(draft(path, text), path);
}

/** Writes a file unless there is one; answers whether it did. */
export function createOwn(path: string, text: string): boolean {
  const written = draft(path, text);
  try {
    linkSync(written, path);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(written, { force: true });
  }
}

/**
 * Reads a file that only this user can have written; undefined when there is none.
 * @throws LauncherFailure when it is a link, another user's, or writable by others
 */
export function readOwn(path: string): string | undefined {
  let file: number;
  try {
    // Not to hang where a pipe was put in its place.
    file = openOwn(path, constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    if (!fstatSync(file).isFile()) throw squatted(path, 'it is no regular file');
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * What a state file holds that was read; undefined when it is no JSON: a power cut can leave a file empty, and whoever wrote
 * it is gone then.
 */
export function parseState<T>(text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

function draft(path: string, text: string): string {
  const name = `${path}.${process.pid}.new`;
  rmSync(name, { force: true });
  const file = openSync(name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
  return name;
}

/** Opens for reading what has to be of this user: the descriptor is asked, since a path can change between two looks. */
function openOwn(path: string, flags: number): number {
  const opened = openUnfollowed(path, flags);
  const trouble = troubleWith(fstatSync(opened));
  if (trouble === undefined) return opened;
  closeSync(opened);
  throw squatted(path, trouble);
}

function openUnfollowed(path: string, flags: number): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | flags);
  } catch (error) {
    const reason = NOT_OPENED[codeOf(error) ?? ''];
    throw reason === undefined ? error : squatted(path, reason);
  }
}

const NOT_OPENED: Readonly<Record<string, string>> = {
  ELOOP: 'it is a symbolic link',
  EMLINK: 'it is a symbolic link',
  ENOTDIR: 'it is no folder',
  EACCES: 'it belongs to another user',
  ENXIO: 'it is no regular file',
};

function troubleWith({ uid, mode }: Stats): string | undefined {
  if (uid !== ownUid()) return `it belongs to user ${uid}`;
  return (mode & 0o022) === 0 ? undefined : 'others may write to it';
}

function squatted(path: string, trouble: string): LauncherFailure {
  return new LauncherFailure(
    `${path} cannot be trusted: ${trouble}.`,
    `ls -ld ${path}; then remove it (rm -r ${path}), or run this as the user whom it belongs to`,
  );
}

function isPrivateFolder(path: string, uid: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;
}

function here(): Surroundings {
  const sessionFolder = process.env.XDG_RUNTIME_DIR || undefined;
  return { platform: process.platform, uid: ownUid(), sessionFolder, temporary: tmpdir() };
}

function ownUid(): number {
  return process.getuid?.() ?? 0;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
