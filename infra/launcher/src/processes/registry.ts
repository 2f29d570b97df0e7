import { sentenceOf } from '../failure';
import { ManagedProcess, type ProcessSpec } from './managed-process';
import { endProcess } from './ending';
import { LARGEST_LOG, trimLog } from './log-files';
import type { ProcessRecords } from './records';

/** The order of stopping, highest first. Within a rank all stop at once. */
export const RANK = {
  underlay: 0,
  store: 10,
  containerd: 20,
  engine: 25,
  containers: 30,
  journal: 40,
  api: 50,
  decider: 60,
  rules: 65,
  agent: 70,
} as const;

const TRIM_EVERY_MS = 1_000;

/** Something else than a process that has to be undone at the end. */
export interface Undoing {
  readonly title: string;
  readonly rank: number;
  run(): Promise<void>;
}

/** All that a launcher has started, and how to stop it in order. */
export class Registry {
  private readonly processes = new Map<string, ManagedProcess>();
  private readonly undoings: Undoing[] = [];
  private closing = false;
  private trimming: NodeJS.Timeout | undefined;

  constructor(
    readonly records: ProcessRecords,
    private readonly tell: (sentence: string) => void,
    /** Bytes that a log may have. */
    private readonly largestLog = LARGEST_LOG,
  ) {}

  /** Starts a process and keeps it running. */
  start(spec: ProcessSpec): ManagedProcess {
    if (this.closing) throw new Error(`${spec.name} is not started: the cluster is stopping`);
    const managed = new ManagedProcess(spec, this.records, this.tell);
    this.processes.set(spec.name, managed);
    this.trimming ??= setInterval(() => this.trimLogs(), TRIM_EVERY_MS).unref();
    managed.start();
    return managed;
  }

  get(name: string): ManagedProcess | undefined {
    return this.processes.get(name);
  }

  all(): ManagedProcess[] {
    return [...this.processes.values()];
  }

  names(): string[] {
    return [...this.processes.keys()];
  }

  atEnd(undoing: Undoing): void {
    this.undoings.push(undoing);
  }

  private trimLogs(): void {
    for (const { spec } of this.all()) {
      try {
        trimLog(spec.log, this.largestLog);
      } catch (error) {
        this.tell(`${spec.log} grows on: ${sentenceOf(error)}`);
      }
    }
  }

  /** Stops everything, in order. What cannot be undone is told, and does not keep the rest from being stopped. */
  async stop(progress: (text: string) => void): Promise<void> {
    this.closing = true;
    const items = [
      ...this.all().map((managed) => ({
        title: managed.spec.name,
        rank: managed.spec.rank,
        run: () => managed.stop(),
      })),
      ...this.undoings,
    ];
    const ranks = [...new Set(items.map((item) => item.rank))].sort((a, b) => b - a);
    for (const rank of ranks) {
      const now = items.filter((item) => item.rank === rank);
      progress(now.map((item) => item.title).join(', '));
      await Promise.all(
        now.map((item) =>
          item.run().catch((error: Error) => this.tell(`${item.title} could not be stopped: ${error.message}`)),
        ),
      );
    }
    clearInterval(this.trimming);
  }
}

/** Ends what an earlier launcher, killed before it could stop anything, left running. Answers their names. */
export async function endLeftovers(records: ProcessRecords): Promise<string[]> {
  const left = records.alive().sort((a, b) => b.rank - a.rank);
  for (const rank of new Set(left.map((record) => record.rank))) {
    await Promise.all(
      left
        .filter((record) => record.rank === rank)
        .map((record) => endProcess(record, { signal: record.stopSignal, patience: 3_000 })),
    );
  }
  left.forEach((record) => records.remove(record.name));
  return left.map((record) => record.name);
}
