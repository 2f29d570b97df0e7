import { NatsTransport, type Bus, type BusMessage } from '@shiplog/bus';
import { COMMAND_TYPES, subjects, type CommandReply } from '@shiplog/contracts';
import type { Submission } from '../writer/batch';
import { parseBatch, parseCommand } from './parse';

/** Hands commands to the writer, in order. */
export type Submit = (submissions: readonly Submission[]) => void;

/**
 * Commands by request and reply: one in a message on its type's subject, or several on Batch. All messages of one read
 * from the socket are decided in one go. Returns what ends it.
 */
export function serveCommands(bus: Bus, submit: Submit, onError: (error: unknown, where: string) => void): () => void {
  const transport = new NatsTransport(bus, onError);
  const respond = (message: BusMessage, payload: unknown): void => {
    try {
      message.respond(payload);
    } catch (error) {
      // The commit stands whatever becomes of its answer: the sender asks again, with the same id.
      onError(error, message.subject);
    }
  };
  const inBatches = (subject: string, read: (message: BusMessage, respond: Respond) => Submission[]): void => {
    const handler = (messages: BusMessage[]): Promise<void> => {
      submit(messages.flatMap((message) => read(message, respond)));
      return Promise.resolve();
    };
    transport.addHandler(subject, handler as never, false, { batch: true });
  };
  for (const type of COMMAND_TYPES) inBatches(subjects.command(type), readOne);
  inBatches(subjects.commandBatch, readBatch);
  transport.listen(() => undefined);
  return () => transport.close();
}

type Respond = (message: BusMessage, payload: unknown) => void;

function readOne(message: BusMessage, respond: Respond): Submission[] {
  const parsed = parseCommand(() => message.json());
  if (parsed.ok) return [{ command: parsed.command, answer: (reply) => respond(message, fitting(reply)) }];
  respond(message, parsed);
  return [];
}

/** Items that an answer tells of one by one, at most; beyond, it would not fit into a message, and the sum must do. */
const RESULTS_LIMIT = 5_000;

function fitting(reply: CommandReply): CommandReply {
  if (!reply.ok || reply.results === undefined || reply.results.length <= RESULTS_LIMIT) return reply;
  return { ...reply, results: undefined };
}

/** The reply goes out when the last of the batch's commands is answered. */
function readBatch(message: BusMessage, respond: Respond): Submission[] {
  const parsed = parseBatch(() => message.json());
  if (!Array.isArray(parsed)) {
    respond(message, parsed);
    return [];
  }
  const replies = new Array<CommandReply>(parsed.length);
  let open = parsed.length;
  const settle = (index: number, reply: CommandReply): void => {
    replies[index] = reply;
    if (--open === 0) respond(message, replies);
  };
  if (open === 0) respond(message, replies);
  return parsed.flatMap((one, index): Submission[] => {
    if (one.ok) return [{ command: one.command, answer: (reply) => settle(index, fitting(reply)) }];
    settle(index, one);
    return [];
  });
}
