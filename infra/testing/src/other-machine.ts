import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../../launcher/src/cluster';
import { inMinion } from '../../launcher/src/engines/in-minion';
import { startEngine } from '../../launcher/src/engines/minion-engine';
import { stopContainers } from '../../launcher/src/engines/stop-containers';
import { runtimeOf } from '../../launcher/src/engines/runtimes';
import type { ImageStore } from '../../launcher/src/images/image-store';
import { type MinionLayout, minionLayout } from '../../launcher/src/layout';
import { REPOSITORY, type RuntimeName, settingsFrom } from '../../launcher/src/settings';
import { run } from '../../launcher/src/system/run';

const NAME = 'other';

/**
 * A machine beside the one that runs the cluster: not on the underlay, on another network, with this machine as its
 * router, and with a home of its own. It becomes a minion by nothing but the command that `npm run token` prints.
 */
export class OtherMachine {
  #agents: ChildProcess | undefined;
  #said = '';

  private constructor(
    private readonly cluster: Cluster,
    readonly place: MinionLayout,
    private readonly ownSlot: number,
  ) {}

  /**
   * @param home of the cluster that it may join
   * @param ownSlot none that is used: on a machine of its own it would be any
   * @param runtime with Docker it has an engine already
   */
  static async start(
    home: string,
    slot: number,
    ownSlot: number,
    runtime: RuntimeName = 'docker',
  ): Promise<OtherMachine> {
    const settings = settingsFrom({ SHIPLOG_HOME: home, SHIPLOG_SLOT: String(slot) });
    const cluster = new Cluster(settings, (sentence) => void process.stderr.write(`${sentence}\n`));
    const place = { ...placeOf(slot, home), runtime };
    await connect(place, slot);
    if (runtime === 'docker') await startEngine(cluster, place);
    return new OtherMachine(cluster, place, ownSlot);
  }

  get nodeName(): string {
    return this.place.name;
  }

  get dockerHost(): string {
    return `unix://${this.place.socket}`;
  }

  /** Of the engine that its pods are on. */
  get images(): ImageStore {
    const { runtime } = this.place;
    const runs =
      runtime === 'docker' ? this.place : minionLayout({ slot: this.ownSlot, home: this.home, runtimes: [runtime] }, 0);
    return runtimeOf(runs).images(runs);
  }

  /** Where it keeps what it was given. */
  get home(): string {
    return join(this.place.home, 'shiplog');
  }

  /**
   * Joins, or runs on after it has; resolves when the node is ready.
   * @throws Error with what the command said, when it ends instead
   */
  async join(...words: readonly string[]): Promise<void> {
    mkdirSync(this.home, { recursive: true });
    const line = this.#launcher('join', ...words, '--name', NAME);
    const env = { ...process.env, ...this.#env };
    const child = spawn(line.command, line.args, { env, cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#agents = child;
    this.#said = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        this.#said += chunk.toString();
        if (this.#said.includes('is a minion')) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', () => reject(new Error(this.#said)));
    });
  }

  /** Ends its agents; pods go on. */
  async silence(): Promise<void> {
    const child = this.#agents;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  /** Removes all that it had, as `npm run reset` on it does. */
  async stop(): Promise<void> {
    await this.silence();
    const line = this.#launcher('reset');
    await run(line.command, line.args, { env: this.#env, cwd: REPOSITORY });
    if (this.place.runtime === 'docker') await stopContainers(this.dockerHost);
    await this.cluster.registry.stop(() => undefined);
    await this.cluster.close();
    await run('ip', ['netns', 'del', this.place.netns]);
  }

  #launcher(...words: readonly string[]): { command: string; args: string[] } {
    return inMinion(this.place, [process.execPath, join(REPOSITORY, 'infra', 'bootstrap.mjs'), ...words]);
  }

  get #env(): Readonly<Record<string, string | undefined>> {
    const docker = this.place.runtime === 'docker' ? { DOCKER_HOST: this.dockerHost } : {};
    return { SHIPLOG_HOME: this.home, SHIPLOG_SLOT: String(this.ownSlot), ...docker };
  }
}

function placeOf(slot: number, home: string): MinionLayout {
  const runDir = `/run/shiplog/${slot}/${NAME}`;
  return {
    name: NAME,
    netns: `shiplog${slot}-${NAME}`,
    address: `172.31.${slot}.2`,
    veth: `shiplog${slot}other`,
    runtime: 'docker',
    cgroup: `/shiplog${slot}-${NAME}`,
    home: `${home}/minions/${NAME}`,
    runDir,
    socket: `${runDir}/docker.sock`,
  };
}

/** A veth pair to this machine, which forwards as a router does. */
async function connect(place: MinionLayout, slot: number): Promise<void> {
  const router = `172.31.${slot}.1`;
  await run('ip', ['netns', 'add', place.netns]);
  await run('ip', ['link', 'add', place.veth, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', place.netns]);
  await run('ip', ['addr', 'add', `${router}/24`, 'dev', place.veth]);
  await run('ip', ['link', 'set', place.veth, 'up']);
  const inside = [
    'link set lo up',
    `addr add ${place.address}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${router}`,
  ];
  await run('ip', ['-n', place.netns, '-batch', '-'], { input: `${inside.join('\n')}\n` });
}
