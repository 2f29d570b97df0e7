import type { Static } from '@sinclair/typebox';
import type { Reconciliation } from './decisions';
import type { UserDetails } from './messages/schemas';
import { COMMANDS, type CommandData, type CommandReplySchema } from './messages/commands';

export type { CommandData };
export type CommandType = keyof CommandData;
export type PatchType = CommandData['PatchObject']['patchType'];
/** Patches that say what an object becomes; one that is applied says what one manager wants of it. */
export type ClientPatchType = Exclude<PatchType, 'apply'>;
/** What dependents of a deleted object see: Kubernetes' three garbage collection modes. */
export type PropagationPolicy = NonNullable<CommandData['DeleteObject']['propagationPolicy']>;
/** Options of a delete, as Kubernetes' DeleteOptions has them. */
export type DeletionOptions = Pick<
  CommandData['DeleteObject'],
  'gracePeriodSeconds' | 'propagationPolicy' | 'preconditions'
>;

/** Which pod: the uid guards against another pod of the same name. */
export interface PodRef {
  namespace: string;
  name: string;
  uid: string;
}

/** Every command type once. */
export const COMMAND_TYPES: readonly CommandType[] = COMMANDS.map(({ name }) => name);

/** A command as it travels, in JSON. */
export interface Command<T extends CommandType = CommandType> {
  /** Names the command for good: the same id again gets the first one's answer. At most 200 characters. */
  id: string;
  type: T;
  /** Who asks; see `LogEvent.actor`. */
  actor: string;
  /** What else is known of the user who asks; the cluster's own parts have their groups by their names. */
  user?: Static<typeof UserDetails>;
  cause?: number;
  basis?: number;
  /** How a controller came to it. */
  reconciled?: Reconciliation;
  data: CommandData[T];
}

/** A command of any type, discriminated by `type`. */
export type AnyCommand = { [T in CommandType]: Command<T> }[CommandType];

/** The journal's answer. `status` is what Kubernetes would answer in the same case. */
export type CommandReply = Static<typeof CommandReplySchema>;
/** What became of one item of a command that has several. */
export type ItemResult = NonNullable<Extract<CommandReply, { ok: true }>['results']>[number];
