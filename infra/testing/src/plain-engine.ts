import { Cluster } from '../../launcher/src/cluster';
import { startDocker } from '../../launcher/src/engines/docker-runtime';
import { startEngine } from '../../launcher/src/engines/minion-engine';
import { plugMinion } from '../../launcher/src/underlay/underlay';
import { type MinionLayout, minionLayout } from '../../launcher/src/layout';
import { settingsFrom } from '../../launcher/src/settings';

/** Far from the numbers of minions, and one of theirs: so the cluster's removal takes its namespace along. */
const NUMBER = 50;

/** A Docker engine as it comes out of the box, in a network namespace on the underlay of a running cluster. */
export class PlainEngine {
  private constructor(
    private readonly cluster: Cluster,
    private readonly place: MinionLayout,
  ) {}

  /** @param home of a cluster whose launcher runs: its bridge is used */
  static async start(home: string, slot: number): Promise<PlainEngine> {
    const settings = settingsFrom({ SHIPLOG_HOME: home, SHIPLOG_SLOT: String(slot) });
    const cluster = new Cluster(settings, (sentence) => void process.stderr.write(`${sentence}\n`));
    const place = minionLayout(settings, NUMBER);
    await plugMinion(cluster.layout, place);
    await startEngine(cluster, place, () => startDocker(cluster, place, 'engine'));
    return new PlainEngine(cluster, place);
  }

  /** As in DOCKER_HOST. */
  get dockerHost(): string {
    return `unix://${this.place.socket}`;
  }

  /** The network namespace that it runs in. */
  get netns(): string {
    return this.place.netns;
  }

  /** Where this machine reaches ports that containers publish. */
  get address(): string {
    return this.place.address;
  }

  /** Where containers reach this machine. */
  get hostAddress(): string {
    return this.cluster.layout.hostAddress;
  }

  async stop(): Promise<void> {
    await this.cluster.registry.stop(() => undefined);
  }
}
