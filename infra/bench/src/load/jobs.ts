import type { ConnectOptions } from '@shiplog/bus';
import type { Endpoint } from './https-client';
import type { PodOverrides } from './pod';

/** Pods are called `<prefix>-<client>-<number>`. */
export interface CreateJob {
  kind: 'create';
  endpoint: Endpoint;
  clients: number;
  seconds: number;
  namespace: string;
  prefix: string;
  /** Altogether; undefined: as many as there is time for. */
  count?: number;
  like?: PodOverrides;
}

/** What a load process is told to do. Each kind of job has one kind of outcome. */
export type Job =
  /** Creates pods until the time is up or there are so many, each client waiting for its answer. */
  | CreateJob
  /** Creates config maps, likewise. */
  | { kind: 'create-maps'; endpoint: Endpoint; clients: number; seconds: number; namespace: string; prefix: string }
  /** Applies deployments on the server, each client one of its own again and again with another number of replicas. */
  | { kind: 'apply'; endpoint: Endpoint; clients: number; seconds: number; namespace: string; prefix: string }
  /** One request for each path: deletes end with the paths, gets begin again. */
  | { kind: 'each'; endpoint: Endpoint; clients: number; seconds: number; method: 'GET' | 'DELETE'; paths: string[] }
  /** The same list over and over, on one connection. */
  | { kind: 'list'; endpoint: Endpoint; times: number; path: string }
  /** Watches until it is told to stop. */
  | { kind: 'watch'; endpoint: Endpoint; watchers: number; path: string }
  /** Creates pods by commands on the bus, so many in flight. */
  | { kind: 'commands'; nats: ConnectOptions; inFlight: number; seconds: number; namespace: string; prefix: string };

/** What came of requests or commands. */
export interface Rate {
  done: number;
  /** Answers that were not what they should have been. */
  errors: number;
  firstError?: string;
  seconds: number;
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

export interface ListOutcome {
  /** Milliseconds of each. */
  times: number[];
  bytes: number;
  errors: number;
}

export interface WatchOutcome {
  /** Over all watchers. */
  events: number;
  /** Of each on the wire, on average. */
  eventBytes: number;
  /** From the first event to the last. */
  seconds: number;
  perSecond: number;
  /** From the sending of the write to its arrival at one of the watchers, milliseconds. */
  p50: number;
  p99: number;
}

export interface Outcomes {
  create: Rate;
  'create-maps': Rate;
  apply: Rate;
  each: Rate;
  list: ListOutcome;
  watch: WatchOutcome;
  commands: Rate;
}

/** From the parent to a load process. */
export type Order = { kind: 'job'; job: Job } | { kind: 'stop' };
/** From a load process to its parent. */
export type Report =
  { kind: 'ready' } | { kind: 'done'; outcome: Outcomes[Job['kind']] } | { kind: 'failed'; reason: string };
