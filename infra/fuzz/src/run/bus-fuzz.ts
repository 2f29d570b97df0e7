import type { Bus } from '@shiplog/bus';
import { BATCH_LIMIT, COMMAND_TYPES, QUERIES, RESOURCES, subjects } from '@shiplog/contracts';
import { Random } from '../../../linearizability/src/random';
import { damaged, mutated } from '../requests/mutate';
import { oddText, oddValue, written } from '../requests/odd-values';
import { someObject, WRITTEN } from '../requests/valid-objects';
import { NAMESPACE } from '../requests/fuzz-request';
import { ANSWER_MS } from './journal-probe';

/** The server's limit is 8 MB; a message near it is as much as anybody can say. */
const HUGE = 2 << 20;
const IN_FLIGHT = 4;

/** Sends the journal messages that are no commands and no questions, or nearly: as a person with all rights may. */
export class BusFuzz {
  readonly #random: Random;
  sent = 0;
  answered = 0;

  constructor(
    seed: number,
    private readonly bus: Bus,
  ) {
    this.#random = new Random(seed);
  }

  /** Until some time, at most until told to stop. */
  async run(until: number, stopping: AbortSignal): Promise<void> {
    const lane = async (): Promise<void> => {
      while (performance.now() < until && !stopping.aborted) await this.#one();
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  }

  /** What can't be read is not answered; what can be is, also with a refusal. */
  async #one(): Promise<void> {
    const { subject, bytes } = this.#message();
    this.sent += 1;
    const timeout = ANSWER_MS;
    const answer = await this.bus.connection.request(subject, bytes, { timeout }).catch(() => undefined);
    if (answer !== undefined) this.answered += 1;
  }

  #message(): { subject: string; bytes: Uint8Array } {
    const random = this.#random;
    const from = this.bus.principal;
    if (random.chance(0.3)) {
      const { name } = random.pick(QUERIES);
      // A stream's answer goes elsewhere, and nobody here reads it.
      const subject = subjects.query(name === 'state' ? 'events' : name, from);
      return { subject, bytes: this.#bytes(mutated(this.#question(), random)) };
    }
    const type = random.pick(COMMAND_TYPES);
    const command = this.#command(type);
    if (random.chance(0.1)) {
      const size = random.pick([0, 1, 3, BATCH_LIMIT + 1]);
      const batch = Array.from({ length: size }, () => (size > 3 ? {} : mutated(command, random)));
      return { subject: subjects.command('Batch', from), bytes: this.#bytes(batch) };
    }
    return { subject: subjects.command(type, from), bytes: this.#bytes(mutated(command, random)) };
  }

  #bytes(value: unknown): Uint8Array {
    const random = this.#random;
    const json = Buffer.from(written(JSON.stringify(value) ?? ''));
    const how = random.weighted([
      [12, 'whole'],
      [3, 'damaged'],
      [1, 'random'],
      [0.3, 'deep'],
      [0.1, 'huge'],
    ] as const);
    switch (how) {
      case 'whole':
        return json;
      case 'damaged':
        return damaged(json, random);
      case 'random':
        return Buffer.from(Array.from({ length: random.between(0, 200) }, () => random.between(0, 255)));
      case 'deep':
        return Buffer.from('['.repeat(50_000));
      case 'huge':
        return Buffer.from(JSON.stringify({ id: 'x'.repeat(HUGE), type: 'CreateObject', actor: 'a', data: {} }));
    }
  }

  #question(): object {
    const key = { resource: 'configmaps', namespace: NAMESPACE, name: 'a' };
    const channels = [{ resource: 'pods' }, { resource: 'pods', node: 'n' }];
    return { channels, after: 0, upTo: 10, limit: 5, key, at: 3, id: 'x', before: 9, hashes: true };
  }

  #command(type: string): object {
    const random = this.#random;
    const spoken = random.pick(WRITTEN);
    const { row } = spoken;
    const name = `b-${this.sent}`;
    const object = someObject(spoken, name, random);
    const data = {
      resource: random.chance(0.95) ? row.id : random.pick(RESOURCES).id,
      namespace: NAMESPACE,
      name: random.chance(0.3) ? name : `b-${random.between(0, this.sent)}`,
      object,
      patchType: random.pick(['json', 'merge', 'strategic', 'apply']),
      patch: random.chance(0.5) ? mutated(object, random) : oddValue(random),
      bindings: [{ namespace: NAMESPACE, name, uid: 'x', node: 'n' }],
      labelSelector: 'nothing=here',
    };
    // Everything of the namespace is not to be deleted: others work there.
    const safe = type === 'DeleteCollection' ? { ...data, namespace: 'nowhere' } : data;
    return { id: random.chance(0.05) ? oddText(random) : `fuzz-${this.sent}`, type, actor: 'admin', data: safe };
  }
}
