import { lastsLong } from '../in-flight';
import { Distribution } from './distribution';

/** What requests are told apart by, under Kubernetes' names of the labels. */
export interface RequestLabels {
  readonly verb: string;
  readonly dry_run: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  /** `resource` for one object, `namespace`, `cluster`, or '' for what is no resource. */
  readonly scope: string;
}

/** Upper bounds in seconds: those of Kubernetes' apiserver_request_duration_seconds. */
const SECONDS = [
  ...[0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60],
];
/** Upper bounds in bytes: those of apiserver_response_sizes. */
const BYTES = [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/** The numbers of all requests that have the same labels. */
export class Series {
  readonly seconds = new Distribution(SECONDS);

  /** Of answers that show objects; the others' are of no interest. */
  readonly bytes: Distribution | undefined;

  /** How many requests ended with each HTTP status. */
  readonly codes = new Map<number, number>();

  /** How many watches and logs go on at present. */
  running = 0;

  /** Whether its requests may go on for as long as they like. */
  readonly isLong: boolean;

  constructor(
    readonly labels: RequestLabels,
    /** Of the objects; '' for what is no resource. */
    readonly kind: string,
  ) {
    this.isLong = labels.verb === 'WATCH' || lastsLong(labels.subresource);
    if (labels.verb === 'GET' || labels.verb === 'LIST') this.bytes = new Distribution(BYTES);
  }

  /** A request ended. */
  ended(code: number, seconds: number, bytes: number): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    this.seconds.observe(seconds);
    this.bytes?.observe(bytes);
  }
}
