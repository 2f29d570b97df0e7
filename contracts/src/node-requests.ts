import type { Static } from '@sinclair/typebox';
import type {
  Attach,
  Detach,
  HostPortSchema,
  Logs,
  PolicyDrops,
  ReferenceChanged,
  Usage,
} from './messages/node-requests';

export type LogsRequest = Static<typeof Logs.payload>;
/** One port of the node that leads to a port of a pod. */
export type HostPort = Static<typeof HostPortSchema>;
export type AttachRequest = Static<typeof Attach.payload>;
/** The pod's address, and that of the bridge that is its way out. */
export type AttachReply = Static<typeof Attach.reply>;
export type DetachRequest = Static<typeof Detach.payload>;
export type ReferenceChange = Static<typeof ReferenceChanged.payload>;
/** Connections of a kind that network policies have refused. */
export type PolicyDrop = Static<typeof PolicyDrops.reply>['drops'][number];
/** What a node and its pods use. */
export type NodeUsage = Static<typeof Usage.reply>;
