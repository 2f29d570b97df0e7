import { Batch, COMMANDS } from './commands';
import type { Message } from './define';
import { NODE_REQUESTS } from './node-requests';
import { PROCESS_REQUESTS } from './process-requests';
import { QUERIES } from './queries';
import { SESSION_REQUESTS } from './session-requests';
import { SIGNALS } from './signals';

/** Every message that travels between the processes of a cluster, but for the events of the log. */
export const MESSAGES: readonly Message[] = [
  ...COMMANDS,
  Batch,
  ...QUERIES,
  ...SIGNALS,
  ...NODE_REQUESTS,
  ...SESSION_REQUESTS,
  ...PROCESS_REQUESTS,
];
