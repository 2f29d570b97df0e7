import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import type { Truth } from './truth';
import { Violation } from './violation';

/** An answer that says: not now. Nothing is decided by it. */
const TRANSIENT = new Set([429, 500, 503, 504]);

const SAFE = 'no acknowledged write is lost';
const ONCE = 'a command has one effect';
const SAME = 'a command repeated has one answer';
const HONEST = 'a command is not refused while its effect is there';

interface Given {
  readonly command: AnyCommand;
  readonly reply: CommandReply;
}

/** What clients were told of their commands, compared with the log: at once, and with every event that follows. */
export class Answers {
  readonly #given = new Map<string, Given>();
  #acknowledged = 0;

  constructor(private readonly truth: Truth) {}

  /** The highest position that anybody was told of: no read that is asked from now on may be older. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  get count(): number {
    return this.#given.size;
  }

  /** Of a command that was answered for good. */
  isKnown(id: string): boolean {
    return this.#given.has(id);
  }

  told(command: AnyCommand, reply: CommandReply): void {
    if (!reply.ok && TRANSIENT.has(reply.status.code ?? 500)) return;
    this.#compareWithLog(command, reply);
    const before = this.#given.get(command.id)?.reply;
    if (before === undefined) this.#given.set(command.id, { command, reply });
    else if (!isDryRun(command) && essence(before) !== essence(reply)) {
      throw new Violation(SAME, `${named(command)}: first ${essence(before)}, then ${essence(reply)}`);
    }
    if (reply.ok && !isDryRun(command)) this.#acknowledged = Math.max(this.#acknowledged, reply.position);
  }

  /** Looks at all of them once more. */
  checkAll(): void {
    for (const { command, reply } of this.#given.values()) this.#compareWithLog(command, reply);
  }

  #compareWithLog(command: AnyCommand, reply: CommandReply): void {
    const positions = this.truth.eventsOf(command.id);
    if (isDryRun(command)) {
      if (positions.length > 0)
        throw new Violation(ONCE, `${named(command)} was to be tried only; it is at ${positions.join()}`);
      return;
    }
    if (!reply.ok) {
      if (positions.length > 0)
        throw new Violation(HONEST, `${named(command)}: ${essence(reply)}; it is at ${positions.join()}`);
      return;
    }
    if (positions.length < reply.events) {
      throw new Violation(SAFE, `${named(command)}: ${essence(reply)}; the log has ${positions.length} of its events`);
    }
    if (positions.length > reply.events) {
      throw new Violation(ONCE, `${named(command)}: ${essence(reply)}; the log has it at ${positions.join()}`);
    }
    if (reply.events > 0 && positions.at(-1) !== reply.position) {
      throw new Violation(SAFE, `${named(command)}: ${essence(reply)}; its last event is at ${positions.at(-1)}`);
    }
  }
}

function isDryRun({ data }: AnyCommand): boolean {
  return (data as { dryRun?: boolean }).dryRun === true;
}

function named({ id, type, data }: AnyCommand): string {
  const {
    resource = '',
    name = '',
    object,
  } = data as { resource?: string; name?: string; object?: { metadata?: { name?: string } } };
  return `${type} ${resource}/${object?.metadata?.name ?? name} (${id})`;
}

/** What has to be the same each time. */
function essence(reply: CommandReply): string {
  return reply.ok ? `done at ${reply.position} with ${reply.events} events` : `refused with ${reply.status.code}`;
}
