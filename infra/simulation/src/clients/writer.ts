import { setTimeout as delay } from 'node:timers/promises';
import { BusUnavailable, type Bus } from '@shiplog/bus';
import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import type { Answers } from '../invariants/answers';
import type { Evictions } from '../invariants/evictions';
import type { Cluster } from '../parts/cluster';
import { busOf } from '../parts/service';
import type { SimProcess } from '../world/process';
import type { Random } from '../world/random';
import { creation, drawCommand, firstObjects } from './commands';
import type { Users } from './users';

/** Commands that a client remembers, to send one of them once more. */
const REMEMBERED = 200;
/** How often a command that nobody answered is sent again. */
const ATTEMPTS = 6;

/** Whom the clients' commands and answers are told to. */
export interface WriterOptions {
  readonly answers: Answers;
  readonly evictions: Evictions;
  /** Who the clients are, beside those of every run. */
  readonly users: readonly Users[];
  /** Whether there is still something to be done. */
  readonly isOver: () => boolean;
  /** What was sent, of all clients: anyone may send it again. */
  readonly sent: AnyCommand[];
  readonly violated: (error: unknown) => void;
}

/** Some clients in one process: each sends a command, waits for its answer, and sends the next one, or an old one again. */
export function startWriter(cluster: Cluster, process: SimProcess, options: WriterOptions): void {
  const bus = busOf(cluster, process, { role: 'api', name: process.name });
  const random = cluster.world.random(`${process.name}/${process.life}`);
  const writer = new Writer(cluster, process, bus, random, options);
  for (let i = 0; i < 3; i++) writer.run(i).catch(options.violated);
}

class Writer {
  constructor(
    private readonly cluster: Cluster,
    private readonly process: SimProcess,
    private readonly bus: Bus,
    private readonly random: Random,
    private readonly options: WriterOptions,
  ) {}

  async run(which: number): Promise<void> {
    const { random, options } = this;
    for (let i = 0; !options.isOver(); i++) {
      const id = `${this.process.name}.${this.process.life}.${which}.${i}`;
      const isRepeat = options.sent.length > 0 && random.chance(0.2);
      const command = isRepeat ? random.pick(options.sent) : drawCommand(random, id, options.users);
      if (!isRepeat) this.#remember(command);
      if (random.chance(0.1)) this.#send(command).catch(options.violated);
      await this.#send(command);
      await delay(random.between(2, 250));
    }
  }

  async #send(command: AnyCommand): Promise<void> {
    const { answers, evictions } = this.options;
    evictions.asked(command);
    const reply = await send(this.cluster, this.bus, command, answers);
    if (reply !== undefined) evictions.answered(command, reply);
  }

  #remember(command: AnyCommand): void {
    const { sent } = this.options;
    sent.push(command);
    if (sent.length > REMEMBERED) sent.shift();
  }
}

/** Sends a command until it is answered, or often enough; undefined when it was not. */
export async function send(
  { world }: Cluster,
  bus: Bus,
  command: AnyCommand,
  answers: Answers,
): Promise<CommandReply | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const reply = await bus.command(command);
      const description = reply.ok
        ? `done at ${reply.position}`
        : `refused: ${reply.status.code} ${reply.status.message ?? ''}`;
      world.trace.say(bus.identity.name, `${command.type} ${command.id} ${description}`);
      answers.told(command, reply);
      return reply;
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
    }
  }
  return undefined;
}

/** Makes what every cluster begins with. */
export async function makeFirstObjects(
  cluster: Cluster,
  bus: Bus,
  answers: Answers,
  nodes: readonly string[],
): Promise<void> {
  let made = 0;
  for (const { resource, object } of firstObjects(nodes)) {
    await send(cluster, bus, creation(`first.${++made}`, resource, object), answers);
  }
}
