/**
 * What must hold, and does not yet: runs are made without a look at it, so that they show everything else. A repair takes
 * its line out of this list; `npm run simulate -- --all` looks at these too.
 */
export const AWAITED: readonly string[] = [
  // The position passes what one channel has reached, while another one has a gap.
  'a projection equals the fold at its position',
  'LIST and WATCH: every change once, in order',
  'an object replaced by one of the same name is gone, then there',
  // Refusals and commands that change nothing are decided anew when they are repeated.
  'a command repeated has one answer',
  'a command is not refused while its effect is there',
  'a command has one effect',
  // A failover takes the clock of another machine.
  'time in the log never runs backwards',
  // Chunks of a stream are not numbered; a deposed journal answers on.
  'a read is no older than a write that was acknowledged before it was asked',
  'a read shows what the log folds to',
  'every projection catches up',
  // A standby whose watch of the lease can not connect leaves a rejection that nobody handles: it ends its process.
  'no process fails',
];
