import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainerConfigError } from '../container/start-failure';
import type { MountSpec } from '../runtime/runtime';
import { NodeMounts } from '../volumes/mounts/node-mounts';
import type { PlannedVolume } from '../volumes/plan/planned-volume';
import { DiskPodFiles } from '../volumes/pod-files';
import { container, pod } from './builders';
import { BUSYBOX, TestEngine } from './test-engine';
import { removeState, shell } from './test-node';

export interface RaceResult {
  /** Parts of the volume that were mounted. */
  readonly mounted: number;
  /** Those that were refused: the exchange was seen. */
  readonly refused: number;
  /** Containers that were run with such a part. */
  readonly containers: number;
  /** How what was mounted or made was outside of the volume: none must be. */
  readonly escapes: readonly string[];
}

const VOLUME: PlannedVolume = { kind: 'directory', name: 'data' };
const SECRET = 'of the node';
/** Of so many mounts, the first is given to a container. */
const CONTAINER_EVERY = 20;
/** What sub-paths are asked for: what is exchanged itself, what is below it, and what is to be made there. */
const SUB_PATHS = ['x', 'x/file', 'x/made', 'x/deep/er'];

/**
 * A container that exchanges a directory of its volume for a link to a directory of the node and back, as fast as it can, while
 * parts of the volume are mounted below just that name, and given to other containers.
 */
export async function raceSubPaths(seconds: number): Promise<RaceResult> {
  const directory = await mkdtemp(join(tmpdir(), 'shiplog-race-'));
  const engine = await TestEngine.start();
  const race = new SubPathRace(directory, engine);
  try {
    return await race.run(seconds);
  } finally {
    await engine.stop();
    await race.close();
    await removeState(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

/** The race as a command: says how it went. Throws an Error when anything left the volume. */
export async function measureSubPathRace(seconds: number): Promise<void> {
  const { mounted, refused, containers, escapes } = await raceSubPaths(seconds);
  if (escapes.length > 0) throw new Error(`a part of a volume was outside of it:\n${escapes.join('\n')}`);
  process.stdout.write(
    `${seconds} s: ${mounted} parts of the volume mounted, ${refused} refused, ${containers} given to containers; none was outside\n`,
  );
}

class SubPathRace {
  readonly #outside: string;
  readonly #mounts: NodeMounts;
  readonly #files: DiskPodFiles;
  readonly #escapes: string[] = [];
  #mounted = 0;
  #refused = 0;
  #containers = 0;

  constructor(
    private readonly directory: string,
    private readonly engine: TestEngine,
  ) {
    this.#outside = join(directory, 'outside');
    this.#mounts = new NodeMounts(engine.runtime(), directory);
    this.#files = new DiskPodFiles(directory, pod(), engine.runtime(), this.#mounts, false);
  }

  async run(seconds: number): Promise<RaceResult> {
    await mkdir(join(this.#outside, 'deep'), { recursive: true });
    await writeFile(join(this.#outside, 'file'), SECRET);
    await this.#files.prepareVolumes([VOLUME]);
    const attacker = await this.#attack();
    const until = Date.now() + seconds * 1_000;
    for (let round = 0; Date.now() < until; round++) await this.#attempt(round);
    await this.engine.docker('rm', '--force', attacker);
    await this.#expectNothingMade();
    return { mounted: this.#mounted, refused: this.#refused, containers: this.#containers, escapes: this.#escapes };
  }

  async close(): Promise<void> {
    await this.#files.remove();
    this.#mounts.onApplicationShutdown();
  }

  #attack(): Promise<string> {
    const volume = join(this.directory, 'pods/uid-1/volumes/data');
    const steps = `mkdir -p x/deep; echo inside > x/file; mv x y; ln -s ${this.#outside} x; rm x; mv y x; rm -r x`;
    const script = `cd /data; while :; do ${steps}; done 2> /dev/null`;
    const mount = ['--mount', `type=bind,source=${volume},target=/data`];
    return this.engine.docker('run', '--detach', '--network=none', ...mount, BUSYBOX, 'sh', '-c', script);
  }

  async #attempt(round: number): Promise<void> {
    const subPath = SUB_PATHS[round % SUB_PATHS.length] ?? '';
    const item = container({ volumeMounts: [{ name: 'data', mountPath: '/part', subPath }] });
    try {
      const [mount] = await this.#files.mounts(item, 0, [VOLUME], (text) => text);
      if (mount === undefined) throw new Error('no mount was made');
      this.#mounted++;
      await this.#look(mount, subPath);
      if (this.#mounted % CONTAINER_EVERY === 1) await this.#give(mount, subPath);
    } catch (error) {
      if (!(error instanceof ContainerConfigError)) throw error;
      this.#refused++;
    } finally {
      await this.#files.releaseMounts(item.name);
    }
  }

  /** What the kubelet has mounted. */
  async #look({ source }: MountSpec, subPath: string): Promise<void> {
    for (const path of [source, join(source, 'file')]) {
      const text = await readFile(path, 'utf8').catch(() => '');
      if (text.includes(SECRET)) this.#escapes.push(`${subPath}: ${path} is outside`);
    }
  }

  /** What a container has of it, and what it makes there. */
  async #give({ source }: MountSpec, subPath: string): Promise<void> {
    const mount = ['--mount', `type=bind,source=${source},target=/part`];
    const command = shell('cat /part /part/file; touch /part/written-by-container').slice(1);
    const output = await this.engine
      .docker('run', '--rm', '--network=none', ...mount, BUSYBOX, ...command)
      .catch((error: unknown) => String(error));
    this.#containers++;
    if (output.includes(SECRET)) this.#escapes.push(`${subPath}: a container read what is outside`);
  }

  async #expectNothingMade(): Promise<void> {
    const made = [...(await readdir(this.#outside)), ...(await readdir(join(this.#outside, 'deep')))];
    for (const name of made) if (!['deep', 'file'].includes(name)) this.#escapes.push(`${name} was made outside`);
  }
}
