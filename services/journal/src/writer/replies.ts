import { restlessCluster } from '@shiplog/admission';
import { mayUseId } from '@shiplog/cluster';
import type { AnyCommand, CommandReply, KubeStatus } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import type { Submission } from './batch';

/** To whom there is too much to do. */
export const OVERLOADED: CommandReply = {
  ok: false,
  status: statusOf.tooManyRequests('the journal has more to write than it can keep up with; try again later', 2),
};

/** What webhooks were asked about is never what it is to be decided on. */
export function restless({ type, data }: AnyCommand): KubeStatus {
  if (type === 'ReplaceObject' || type === 'PatchObject' || type === 'DeleteObject') {
    const [plural = '', ...group] = data.resource.split('.');
    return statusOf.conflict({ plural, group: group.join('.'), kind: '' }, data.name);
  }
  return restlessCluster();
}

/** The log says that it has the command, and does not find it. */
export function unwritable(id: string): CommandReply {
  return { ok: false, status: statusOf.internal(`the log takes the id ${id} for another command's`) };
}

/**
 * Whether an answer without events must be the same for ever: not where the command can have no effect, and not where
 * its sender has no right to its id, which may become somebody else's command.
 */
export function mustHold({ command, principal }: Submission, reply: CommandReply): boolean {
  if ('dryRun' in command.data && command.data.dryRun === true) return false;
  return reply.ok || mayUseId(principal, command.id);
}

/** What webhooks answered could not be used. */
export function unanswered(): CommandReply {
  return { ok: false, status: statusOf.internal('the answers of admission webhooks could not be used') };
}
