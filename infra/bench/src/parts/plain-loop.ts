import { newCommandId, type Bus } from '@shiplog/bus';
import { SCHEDULER_VIEW, type AnyCommand, type CommandData } from '@shiplog/contracts';
import type { StoredPod } from '@shiplog/kube';
import { Projection } from '@shiplog/projection';
import type { Logger } from 'pino';

type Binding = CommandData['BindPods']['bindings'][number];

/** Bindings of one command, as the scheduler has it. */
const BATCH = 256;

/** Binds pods of a scheduler's name to the nodes in turn, without any rule: all of a scheduler but deciding. */
export class PlainLoop {
  readonly #waiting: Omit<Binding, 'node'>[] = [];
  #turn = 0;
  #isBinding = false;
  #failure: unknown;

  private constructor(
    private readonly bus: Bus,
    private readonly projection: Projection,
    private readonly nodes: readonly string[],
  ) {}

  static async open(bus: Bus, schedulerName: string, logger: Logger): Promise<PlainLoop> {
    const channels = [{ resource: 'pods' }, { resource: 'nodes' }] as const;
    const projection = await Projection.open(bus, { channels, keep: SCHEDULER_VIEW, logger });
    const nodes = projection.state.list('nodes').map(({ metadata }) => metadata.name);
    const loop = new PlainLoop(bus, projection, nodes);
    projection.onApplied((batch) => {
      for (const { event, before, after } of batch) {
        if (event.resource !== 'pods' || before !== undefined) continue;
        const { metadata, spec } = after as StoredPod;
        if (spec?.schedulerName !== schedulerName) continue;
        loop.#waiting.push({ namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid });
      }
      loop.#go();
    });
    return loop;
  }

  /** Throws what was refused meanwhile. */
  async close(): Promise<void> {
    await this.projection.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #go(): void {
    if (this.#isBinding || this.#waiting.length === 0) return;
    this.#isBinding = true;
    this.#bind().catch((error: unknown) => (this.#failure = error));
  }

  async #bind(): Promise<void> {
    while (this.#waiting.length > 0) {
      const bindings = this.#waiting.splice(0, BATCH).map((pod) => ({ ...pod, node: this.#nextNode() }));
      const command: AnyCommand = {
        id: newCommandId(),
        type: 'BindPods',
        actor: this.bus.identity.name,
        data: { bindings },
      };
      const reply = await this.bus.command(command, { timeoutMs: 60_000 });
      if (!reply.ok) throw new Error(`bindings were refused: ${reply.status.message}`);
    }
    this.#isBinding = false;
  }

  #nextNode(): string {
    return this.nodes[this.#turn++ % this.nodes.length] as string;
  }
}
