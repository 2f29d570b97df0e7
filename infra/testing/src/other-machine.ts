import { Cluster } from '../../launcher/src/cluster';
import { startEngine } from '../../launcher/src/engines/minion-engine';
import { stopContainers } from '../../launcher/src/engines/stop-containers';
import { type MinionLayout } from '../../launcher/src/layout';
import { minionSpecs } from '../../launcher/src/services/service-specs';
import { serviceReady, startService } from '../../launcher/src/services/service-process';
import { settingsFrom } from '../../launcher/src/settings';
import { run } from '../../launcher/src/system/run';

const NAME = 'other';

/**
 * A machine beside the one that runs the cluster: not on the fabric, on another network, with this machine as its
 * router. It becomes a minion by nothing but NATS_URL, a node name, and the three services.
 */
export class OtherMachine {
  private constructor(
    private readonly cluster: Cluster,
    readonly place: MinionLayout,
  ) {}

  static async start(home: string, slot: number, natsUrl: string): Promise<OtherMachine> {
    const settings = settingsFrom({ SHIPLOG_HOME: home, SHIPLOG_SLOT: String(slot) });
    const cluster = new Cluster(settings, (sentence) => void process.stderr.write(`${sentence}\n`));
    cluster.natsUrl = natsUrl;
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

  /** Starts kubelet, network and proxy there; resolves when all three are ready. */
  async join(): Promise<void> {
    const specs = minionSpecs(this.cluster, this.place);
    await Promise.all(specs.map((spec) => serviceReady(this.cluster, spec, startService(this.cluster, spec))));
  }

  async stop(): Promise<void> {
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
    cgroup: `/shiplog${slot}-${NAME}`,
    home: `${home}/minions/${NAME}`,
    runDir,
    socket: `${runDir}/docker.sock`,
  };
}

/** A cable to this machine, which forwards as a router does. */
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
