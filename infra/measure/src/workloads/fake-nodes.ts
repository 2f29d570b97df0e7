import { newCommandId, type Bus } from '@shiplog/bus';
import type { AppliedEvent } from '@shiplog/cluster';
import { ADMINISTRATOR, type AnyCommand, type ObjectOf } from '@shiplog/contracts';
import { deletionOf, isConditionTrue, kubernetesTime, statusPatchOf } from '@shiplog/kube';
import { Projection } from '@shiplog/projection';
import { pino } from 'pino';

type Pod = ObjectOf<'pods'>;

const CAPACITY = { cpu: '1000', memory: '4Ti', pods: '2000' };
/** A change that nobody answers within so long is a failure of the measurement. */
const PATIENCE_MS = 120_000;

/** Nodes without an engine: their pods are ready at once when they are bound, and gone at once when they are to go. */
export class FakeNodes {
  /** Of commands that were refused, or not answered. */
  readonly failures: unknown[] = [];

  private constructor(
    private readonly bus: Bus,
    readonly projection: Projection,
  ) {}

  static async join(bus: Bus, count: number): Promise<FakeNodes> {
    const projection = await Projection.open(bus, { channels: 'all', logger: pino({ level: 'silent' }) });
    const nodes = new FakeNodes(bus, projection);
    for (let n = 0; n < count; n++) await nodes.#register(`fake-${n}`);
    projection.onApplied((batch) => batch.forEach((applied) => nodes.#see(applied)));
    return nodes;
  }

  /** Sends a command; throws what refuses it. */
  async send(command: Pick<AnyCommand, 'type' | 'data'>): Promise<void> {
    const whole = { ...command, id: newCommandId(), actor: ADMINISTRATOR } as AnyCommand;
    const reply = await this.bus.command(whole, { timeoutMs: PATIENCE_MS });
    if (!reply.ok) throw new Error(`${command.type}: ${reply.status.message}`);
  }

  close(): Promise<void> {
    return this.projection.close();
  }

  async #register(name: string): Promise<void> {
    const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }];
    const status = { capacity: CAPACITY, allocatable: CAPACITY, conditions };
    const object = { apiVersion: 'v1', kind: 'Node', metadata: { name }, status };
    await this.send({ type: 'CreateObject', data: { resource: 'nodes', namespace: '', object } });
  }

  #see({ event, before, after }: AppliedEvent): void {
    if (event.resource !== 'pods' || after === undefined) return;
    const pod = after as Pod;
    const isGoing = pod.metadata.deletionTimestamp !== undefined;
    if (isGoing && before?.metadata.deletionTimestamp === undefined) {
      this.#do(deletionOf('pods', pod, { gracePeriodSeconds: 0 }));
    } else if (!isGoing && pod.spec?.nodeName !== undefined && !isConditionTrue(pod, 'Ready')) {
      if ((before as Pod | undefined)?.spec?.nodeName === undefined) this.#do(ready(pod));
    }
  }

  #do(command: Pick<AnyCommand, 'type' | 'data'>): void {
    this.send(command).catch((error: unknown) => this.failures.push(error));
  }
}

function ready(pod: Pod) {
  const lastTransitionTime = kubernetesTime(Date.now());
  const conditions = ['Initialized', 'Ready', 'ContainersReady'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime,
  }));
  return statusPatchOf('pods', pod, { phase: 'Running', conditions });
}
