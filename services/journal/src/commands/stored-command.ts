import { fromBytes } from '@shiplog/bus';
import { commandProblem, principalOfSubject, type AnyCommand, type Principal } from '@shiplog/contracts';

/** A command that was sent without waiting, and for whom its subject says that it speaks; or what is wrong with it. */
export type StoredCommand =
  | { readonly ok: true; readonly command: AnyCommand; readonly principal: Principal }
  | { readonly ok: false; readonly problem: string };

/** Reads a stored message. */
export function readStored(subject: string, data: Uint8Array): StoredCommand {
  try {
    const principal = principalOfSubject(subject);
    if (principal === undefined) return { ok: false, problem: 'its subject names no sender' };
    const command = fromBytes<AnyCommand>(data);
    const problem = commandProblem(command);
    if (problem !== undefined) return { ok: false, problem };
    if (!subject.endsWith(`.${command.type}`)) {
      return { ok: false, problem: `its type ${command.type} is not that of its subject` };
    }
    return { ok: true, command, principal };
  } catch (error) {
    return { ok: false, problem: `must be JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
