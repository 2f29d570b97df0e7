import { mkdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PersistentShell, ProgramError } from '@shiplog/hostnet';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ImageLayers, PodRuntime } from '../../runtime/runtime';
import { mountsBelow, sourcesBelow } from '../plan/mount-table';

/** A file system in memory. */
export interface MemoryMount {
  readonly sizeBytes?: number;
  readonly gid?: number;
  /** What is in it never goes to a disk, where the kernel can see to that (6.4 and later). */
  readonly noSwap?: boolean;
}

/** Mounts of the kubelet's own in the folders of its pods. */
@Injectable()
export class NodeMounts implements OnApplicationShutdown {
  #available: Promise<boolean> | undefined;

  constructor(
    private readonly runtime: Pick<PodRuntime, 'findsPath'>,
    private readonly stateDir: string,
    private readonly shell = new PersistentShell(),
  ) {}

  /**
   * Whether this process can mount, and the engine then sees it: not so without root, and where the engine is on another machine
   * or has mounts of its own. Tried once. Throws RuntimeError while the engine is away.
   */
  available(): Promise<boolean> {
    this.#available ??= this.#probe().catch((error: unknown) => {
      this.#available = undefined;
      throw error;
    });
    return this.#available;
  }

  /** An empty file system in memory on a directory, which everybody may write; one that is there stays. */
  async inMemory(directory: string, { sizeBytes, gid, noSwap = false }: MemoryMount): Promise<void> {
    await mkdir(directory, { recursive: true });
    if (await isMountPoint(directory)) return;
    const size = sizeBytes === undefined ? [] : [`size=${sizeBytes}`];
    const options = [gid === undefined ? 'mode=0777' : `mode=02777,gid=${gid}`, ...size].join(',');
    const command = (all: string): string => `mount --no-canonicalize -t tmpfs -o ${all} tmpfs ${quoted(directory)}`;
    const noisy = command(options);
    await this.shell.run(noSwap ? `${command(`${options},noswap`)} 2> /dev/null || ${noisy}` : noisy);
  }

  /** Mounts what is at a path on another, which is of its kind; the path is taken as it is, whatever it leads to. */
  async bind(source: string, target: string): Promise<void> {
    await this.shell.run(`mount --no-canonicalize --bind ${quoted(source)} ${quoted(target)}`);
  }

  /** An image's files on a directory, to be read only, unless there are some already; `id` names the mount. */
  async image(id: string, { base, folders }: ImageLayers, directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    if (await isMountPoint(directory)) return;
    // The kernel wants two layers at least: the empty directory is the lowest. Paths from the base leave room for many.
    const layers = [...folders, directory].join(':');
    const mount = `mount --no-canonicalize -t overlay -o ro,lowerdir=${quoted(layers)} ${quoted(id)} ${quoted(directory)}`;
    await this.shell.run(`( cd ${quoted(base)} && ${mount} )`);
  }

  /** What `image` has mounted below the state's folder, by whichever process: ids of images that must stay. */
  async mountedImages(): Promise<Set<string>> {
    const sources = sourcesBelow(await mountTable(), (await realpath(this.stateDir).catch(absent)) ?? this.stateDir);
    return new Set(sources.values());
  }

  /**
   * Takes off whatever is mounted at a directory or below it, whoever mounted it, so that nothing follows a mount. Throws an
   * Error when something stays.
   */
  async unmountAll(directory: string): Promise<void> {
    const points = await mountedBelow(directory);
    if (points.length === 0) return;
    // One that went with another is no failure: what counts is that nothing is left.
    const commands = points.map((point) => `umount --no-canonicalize --lazy ${quoted(point)} || :`);
    const said = await this.shell.run(commands.join('\n'));
    const [left] = await mountedBelow(directory);
    if (left !== undefined) throw new Error(`${left} is still mounted: ${said.trim()}`);
  }

  onApplicationShutdown(): void {
    this.shell.close();
  }

  async #probe(): Promise<boolean> {
    if (!(await this.runtime.findsPath(this.stateDir))) return false;
    const place = join(this.stateDir, 'mount-probe');
    await this.unmountAll(place);
    try {
      await this.inMemory(place, { sizeBytes: 65_536 });
      const marker = join(place, 'marker');
      await mkdir(marker);
      return await this.runtime.findsPath(marker);
    } catch (error) {
      if (error instanceof ProgramError) return false;
      throw error;
    } finally {
      await this.unmountAll(place);
      await rm(place, { recursive: true, force: true });
    }
  }
}

async function mountedBelow(directory: string): Promise<string[]> {
  const real = await realpath(directory).catch(absent);
  if (real === undefined) return [];
  return mountsBelow(await mountTable(), real);
}

/** Not every system has such a table, and then nothing was mounted either. */
async function mountTable(): Promise<string> {
  return (await readFile('/proc/self/mountinfo', 'utf8').catch(absent)) ?? '';
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

/** Another device than the directory around it: true of whatever is mounted, but for binds within one file system. */
async function isMountPoint(directory: string): Promise<boolean> {
  const [own, around] = await Promise.all([stat(directory), stat(dirname(directory))]);
  return own.dev !== around.dev;
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
