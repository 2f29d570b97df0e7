import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../../launcher/src/cluster';
import { inMinion } from '../../launcher/src/engines/in-minion';
import { startEngine } from '../../launcher/src/engines/minion-engine';
import { stopContainers } from '../../launcher/src/engines/stop-containers';
import { type MinionLayout } from '../../launcher/src/layout';
import { REPOSITORY, settingsFrom } from '../../launcher/src/settings';
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
  ) {}

  static async start(home: string, slot: number): Promise<OtherMachine> {
    const settings = settingsFrom({ SHIPLOG_HOME: home, SHIPLOG_SLOT: String(slot) });
    const cluster = new Cluster(settings, (sentence) => void process.stderr.write(`${sentence}\n`));
    const place = placeOf(slot, home);
    await connect(place, slot);
    await startEngine(cluster, place);
    return new OtherMachine(cluster, place);
  }

  get nodeName(): string {
    return this.place.name;
  }

  get dockerHost(): string {
    return `unix://${this.place.socket}`;
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
    const program = join(REPOSITORY, 'infra', 'bootstrap.mjs');
    const line = inMinion(this.place, [process.execPath, program, 'join', ...words, '--name', NAME]);
    const env = { ...process.env, SHIPLOG_HOME: this.home, DOCKER_HOST: this.dockerHost };
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

  async stop(): Promise<void> {
    await this.silence();
    await stopContainers(this.dockerHost);
    await this.cluster.registry.stop(() => undefined);
    await this.cluster.close();
    await run('ip', ['netns', 'del', this.place.netns]);
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
