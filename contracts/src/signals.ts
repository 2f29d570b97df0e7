import type { ResourceId } from './resources';

/** What travels on the bus and is never logged: `shiplog.v1.signal.<name>.<source>`. */
export interface Signals {
  /** The journal's, about once a second and after bursts: lets a consumer notice that it missed the tail of a channel. */
  head: {
    position: number;
    /** Last position of every channel that has any event. */
    channels: Record<string, number>;
    /** At intervals: the state hash of each resource at `position`, to prove one's own projection with. */
    hashes?: Partial<Record<ResourceId, string>>;
  };
  /** A kubelet's, every few seconds. Times are RFC 3339. */
  heartbeat: { node: string; time: string };
  /** Something worth a line in `kubectl describe`, that is no fact of the log: a failed probe, a pull that goes on. */
  note: {
    type: 'Normal' | 'Warning';
    reason: string;
    message: string;
    component: string;
    host: string;
    about: { resource: ResourceId; namespace: string; name: string; uid: string; fieldPath?: string };
  };
}
export type SignalName = keyof Signals;
