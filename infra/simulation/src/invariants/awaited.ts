/**
 * What must hold, and does not yet: runs are made without a look at it, so that they show everything else. A repair takes
 * its line out of this list; `npm run simulate -- --all` looks at these too.
 */
export const AWAITED: readonly string[] = [
  // Refusals and commands that change nothing are decided anew when they are repeated.
  'a command repeated has one answer',
  'a command is not refused while its effect is there',
  'a command has one effect',
  // A failover takes the clock of another machine.
  'time in the log never runs backwards',
  // Chunks of a stream are not numbered; a deposed journal answers until it hears that it is deposed.
  'a read shows what the log folds to',
  'a read is no older than a write that was acknowledged before it was asked',
  // A reader whose load lost a chunk believes that it is whole until the next hash.
  'a projection equals the fold at its position',
  'LIST and WATCH: every change once, in order',
  // A standby whose watch of the lease can not connect leaves a rejection that nobody handles: it ends its process.
  'no process fails',
];
