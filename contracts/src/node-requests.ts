/** A stream of a container's log: `shiplog.v1.node.<node>.logs`, answered in chunks of bytes. */
export interface LogsRequest {
  namespace: string;
  pod: string;
  uid: string;
  container: string;
  follow?: boolean;
  previous?: boolean;
  timestamps?: boolean;
  /** Lines from the end. */
  tailLines?: number;
  sinceSeconds?: number;
  /** RFC 3339. */
  sinceTime?: string;
  limitBytes?: number;
}

/** One port of the node that leads to a port of a pod. */
export interface HostPort {
  /** On the node, 1..65535. */
  hostPort: number;
  /** In the pod. */
  containerPort: number;
  protocol: 'TCP' | 'UDP';
  /** Only this address of the node; absent or 0.0.0.0: all of them. */
  hostIP?: string;
}

/**
 * Asks the node's network agent to give a pod its address (`shiplog.v1.node.<node>.attach`): the pod's network
 * namespace is that of the process. The same uid again gets the same answer. Answered once packets can flow.
 */
export interface AttachRequest {
  uid: string;
  namespace: string;
  name: string;
  /** A process in the pod's network namespace: its infra container's. */
  pid: number;
  hostPorts?: HostPort[];
}

/** The pod's address, and that of the bridge that is its way out. */
export interface AttachReply {
  ip: string;
  gateway: string;
}

/** Takes a pod's address, interface and host ports away (`shiplog.v1.node.<node>.detach`); unknown uids are fine. */
export interface DetachRequest {
  uid: string;
}
