export type Protocol = 'tcp' | 'udp' | 'sctp';

/** Where a connection can end. */
export interface Backend {
  readonly ip: string;
  readonly port: number;
}

/** What becomes of a new connection to a service port. */
export type Route =
  /** It goes to one of these, at least one. */
  | { kind: 'spread'; backends: readonly Backend[] }
  /** The service has no endpoints at all: refused at once. */
  | { kind: 'refuse' }
  /** A `Local` policy, and no endpoint on this node: dropped in silence, as Kubernetes does. */
  | { kind: 'drop' };

/** One port of a service as a node sees it: all that a proxy of any kind has to know. */
export interface ServicePort {
  /** `namespace/name:port name`, unique in the cluster. */
  readonly key: string;
  readonly protocol: Protocol;
  readonly clusterIP: string;
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly externalIPs: readonly string[];
  /** How long a client stays with its endpoint after its last connection; undefined: no affinity. */
  readonly affinitySeconds: number | undefined;
  /** For the cluster IP (internalTrafficPolicy). */
  readonly internal: Route;
  /** For node port and external IPs, asked for from inside the cluster: all endpoints. */
  readonly external: Route;
  /** For node port and external IPs, asked for from outside, where externalTrafficPolicy makes that differ. */
  readonly outside: Route | undefined;
}
