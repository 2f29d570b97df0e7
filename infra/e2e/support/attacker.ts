import { setImmediate as nextTurn } from 'node:timers/promises';
import { Bus, connectNats, type Credentials } from '@shiplog/bus';
import {
  StatusError,
  principalOf,
  subjects,
  type CommandReply,
  type Identity,
  type Principal,
} from '@shiplog/contracts';
import { createInbox, JSONCodec, type NatsConnection } from 'nats';
import { inboxOf } from '@shiplog/contracts';
import { TEST_CONNECTION, type TestCluster } from './cluster';

const codec = JSONCodec<unknown>();

/** What a subscription came to: refused by the NATS server, or what was heard so far. */
export interface Ear {
  readonly refused: boolean;
  readonly heard: readonly string[];
}

/**
 * Somebody who has got hold of a process' credentials and nothing else: a bare NATS connection, which may say what it
 * likes under whatever subject, and sees what the server refuses.
 */
export class Attacker {
  readonly principal: Principal;
  /** For what goes by the rules: questions and answers as the cluster's own processes put them. */
  readonly bus: Bus;
  readonly #refusals = new Set<string>();

  private constructor(
    readonly identity: Identity,
    readonly connection: NatsConnection,
  ) {
    this.principal = principalOf(identity);
    this.bus = new Bus(connection, identity, () => undefined);
    void this.#watch();
  }

  /** @param credentials the identity's own, unless others are given */
  static async as(
    cluster: TestCluster,
    identity: Identity,
    credentials: Credentials = cluster.access.files(identity),
  ): Promise<Attacker> {
    const url = cluster.claim().natsUrl;
    return new Attacker(
      identity,
      await connectNats({ url, name: TEST_CONNECTION, identity, credentials, attempts: 1 }),
    );
  }

  /** Publishes; whether the NATS server refused it. */
  async say(subject: string, payload: unknown = {}, reply?: string): Promise<boolean> {
    const bytes = payload instanceof Uint8Array ? payload : codec.encode(payload);
    this.connection.publish(subject, bytes, { reply });
    await this.#settled();
    return this.#refusals.delete(`publish ${subject}`);
  }

  /** Subscribes for good. */
  async listen(subject: string, queue?: string): Promise<Ear> {
    const heard: string[] = [];
    // An error says that the server refused, which the connection's status says as well.
    const callback = (error: Error | null, message: { subject: string }): void => {
      if (error === null) heard.push(message.subject);
    };
    this.connection.subscribe(subject, { queue, callback });
    await this.#settled();
    return { refused: this.#refusals.delete(`subscription ${subject}`), heard };
  }

  /** Sends a command under its own name, whatever is in it; the code of the journal's refusal, or `done`. */
  async command(type: string, data: unknown, envelope: object = {}): Promise<number | 'done'> {
    return codeOf(
      (await this.request(subjects.command(type, this.principal), this.envelope(type, data, envelope))) as CommandReply,
    );
  }

  /** The same as a batch of one message; the codes of its items. */
  async batch(...commands: readonly unknown[]): Promise<(number | 'done')[]> {
    const replies = (await this.request(subjects.command('Batch', this.principal), commands)) as CommandReply[];
    return replies.map(codeOf);
  }

  /** A command as a bus would wrap it. */
  envelope(type: string, data: unknown, envelope: object = {}): object {
    return { id: `evil-${createInbox()}`, type, actor: `system:node:${this.identity.name}`, data, ...envelope };
  }

  /** One question and its answer, parsed; throws when there is none. */
  async request(subject: string, payload: unknown): Promise<unknown> {
    return codec.decode((await this.connection.request(subject, codec.encode(payload), { timeout: 5_000 })).data);
  }

  /** A new address where this identity may listen. */
  ownInbox(): string {
    return createInbox(inboxOf(this.identity));
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** What was sent has reached the server, and what it said to that has been read here. */
  async #settled(): Promise<void> {
    await this.connection.flush();
    await nextTurn();
  }

  async #watch(): Promise<void> {
    for await (const { permissionContext } of this.connection.status())
      if (permissionContext !== undefined)
        this.#refusals.add(`${permissionContext.operation} ${permissionContext.subject}`);
  }
}

function codeOf(reply: CommandReply): number | 'done' {
  return reply.ok ? 'done' : (reply.status.code ?? 0);
}

/** The code with which a question was refused; throws what else went wrong, and says when it was answered. */
export async function refusalOf(answer: Promise<unknown>): Promise<number | 'answered'> {
  try {
    await answer;
    return 'answered';
  } catch (error) {
    if (error instanceof StatusError) return error.status.code ?? 0;
    throw error;
  }
}
