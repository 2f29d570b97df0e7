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
