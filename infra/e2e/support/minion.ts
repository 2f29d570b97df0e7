import type { Node } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { inMinion } from '../../launcher/src/engines/in-minion';
import type { MinionLayout } from '../../launcher/src/layout';
import { run } from '../../launcher/src/system/run';
import type { TestCluster } from './cluster';

const BUS_PORT = 4222;
const BLOCKADE = 'e2e_blockade';
/** States of a bridge's port, as `bridge link` has them. */
const PORT_STATE = { disabled: '0', forwarding: '3' } as const;
/** What runs on a minion, in the order in which it starts. */
const PROCESSES = ['containerd', 'dockerd', 'kubelet', 'network', 'proxy'] as const;

/** One minion of the shared cluster, and what can befall it. */
export class TestMinion {
  readonly place: MinionLayout;

  constructor(
    private readonly cluster: TestCluster,
    readonly name: string,
  ) {
    this.place = cluster.layout.minions.find((minion) => minion.name === name)!;
  }

  /** The numbers of its running processes: one that was started again has another. */
  pids(): number[] {
    return this.#running().map(({ pid }) => pid);
  }

  /** Unplugs it at the switch. The launcher heals a link that is down, but does not look at the port's state. */
  async cutOff(): Promise<void> {
    await this.#setPort('disabled');
  }

  async plugIn(): Promise<void> {
    await this.#setPort('forwarding');
  }

  /** What goes between the minion and the bus is lost on its way, as by a broken router; all else gets through. */
  async blockBus(): Promise<void> {
    const bus = this.cluster.layout.hostAddress;
    const chain = (hook: string, rule: string) =>
      `chain ${hook} { type filter hook ${hook} priority raw; policy accept; ${rule} drop; }\n`;
    const to = chain('output', `ip daddr ${bus} tcp dport ${BUS_PORT}`);
    const from = chain('prerouting', `ip saddr ${bus} tcp sport ${BUS_PORT}`);
    await this.#rules(`table ip ${BLOCKADE} {\n${to}${from}}`);
  }

  async unblockBus(): Promise<void> {
    await this.#rules(`table ip ${BLOCKADE}\ndelete table ip ${BLOCKADE}`);
  }

  /** All that runs on it but the containers dies at once, and stays dead. */
  async kill(): Promise<void> {
    for (const { pid } of this.#running()) process.kill(pid, 'SIGKILL');
    await Promise.all(PROCESSES.map((process) => this.cluster.control('stop', `${this.name}-${process}`)));
  }

  async start(): Promise<void> {
    for (const process of PROCESSES) await this.cluster.control('start', `${this.name}-${process}`);
  }

  /** Waits until its Ready condition is so. */
  async becomes(status: 'True' | 'Unknown', timeoutMs = 30_000): Promise<void> {
    await eventually(
      async () => {
        const node = await this.cluster.api.get<Node>(`/api/v1/nodes/${this.name}`);
        return node.status?.conditions?.some((item) => item.type === 'Ready' && item.status === status);
      },
      { timeoutMs },
    );
  }

  /** What a command prints that runs in the minion's network. */
  within(...command: readonly string[]): Promise<string> {
    const line = inMinion(this.place, command);
    return run(line.command, line.args, { timeout: 20_000 });
  }

  async #rules(text: string): Promise<void> {
    const line = inMinion(this.place, ['nft', '-f', '-']);
    await run(line.command, line.args, { input: `${text}\n` });
  }

  #running() {
    return this.cluster.processes().filter((record) => record.name.startsWith(`${this.name}-`));
  }

  async #setPort(state: keyof typeof PORT_STATE): Promise<void> {
    await run('bridge', ['link', 'set', 'dev', this.place.veth, 'state', PORT_STATE[state]]);
  }
}
