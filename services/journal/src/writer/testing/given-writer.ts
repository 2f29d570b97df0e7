import { ClusterState } from '@shiplog/cluster';
import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import { pino } from 'pino';
import type { AppendOutcome, Commit } from '../../database/append';
import { createNamespace } from '../../testing/commands';
import type { Submission } from '../batch';
import { RecentCommands } from '../recent-commands';
import type { LogStore, WriterOptions } from '../options';
import { Writer } from '../writer';

/** A store whose commits end when the spec says so, and how it says. */
export class SlowStore implements LogStore {
  readonly commits: Commit[] = [];
  /** Answers that the log has. */
  readonly logged = new Map<string, CommandReply>();
  /** Ids that it takes for known ones, and doesn't find. */
  readonly wedged = new Set<string>();
  lookUps = 0;
  #commit: Commit | undefined;
  #settle: ((outcome: AppendOutcome | Error) => void) | undefined;

  append(commit: Commit): Promise<AppendOutcome> {
    this.commits.push(commit);
    this.#commit = commit;
    return new Promise((resolve, reject) => {
      this.#settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
    });
  }

  /** Ends the commit in flight, as Postgres would when it is not told how. */
  async end(outcome: AppendOutcome | Error = this.#said()): Promise<void> {
    if (outcome === 'committed' || outcome === 'answered-before') this.#keep();
    this.#settle?.(outcome);
    await turns();
  }

  #said(): AppendOutcome {
    if (this.#commit?.commands.some(({ id }) => this.logged.has(id) || this.wedged.has(id))) return 'repeated-command';
    return this.#commit?.answers?.some(({ id }) => this.logged.has(id)) === true ? 'answered-before' : 'committed';
  }

  #keep(): void {
    const { commands = [], answers = [] } = this.#commit ?? {};
    for (const { id, first, count } of commands) {
      this.logged.set(id, { ok: true, position: first + count - 1, events: count });
    }
    for (const { id, reply } of answers)
      if (!this.logged.has(id)) this.logged.set(id, JSON.parse(reply) as CommandReply);
  }

  findAnswers(ids: readonly string[]): Promise<ReadonlyMap<string, CommandReply>> {
    this.lookUps++;
    return Promise.resolve(new Map([...this.logged].filter(([id]) => ids.includes(id))));
  }
}

export const LIMITS = { commands: 100, bytes: 1_000_000 };
export const PRINCIPAL = { kind: 'api', name: 'main' } as const;

/** Lets everything happen that waits for nothing but its turn. */
export async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

type Limited = Partial<Pick<WriterOptions, 'recent' | 'commitEvents' | 'commitBytes' | 'aheadBytes' | 'ask'>>;
type Given = Limited & { maxDataBytes?: number; store?: SlowStore };

/** A writer on a slow store, and what it published and answered. */
export function setUp({
  recent = new RecentCommands(LIMITS),
  commitEvents = 100,
  maxDataBytes = 10_000,
  store = new SlowStore(),
  ...limits
}: Given = {}) {
  const seen: string[] = [];
  const replies = new Map<string, CommandReply>();
  let made = 0;
  const writer = new Writer({
    state: new ClusterState(),
    position: 0,
    recent,
    store,
    settings: { serviceCidr: '10.96.0.0/16', clusterCidr: '10.244.0.0/16', nodePortRange: [30000, 32767] },
    commitEvents,
    ...limits,
    maxDataBytes: () => maxDataBytes,
    publish: (commit) => void seen.push(...commit.map(({ event }) => `published ${event.name}`)),
    clock: () => ({ time: '2026-01-01T00:00:00.000Z', uid: () => `uid-${++made}` }),
    logger: pino({ level: 'silent' }),
  });
  const send = async (more: Partial<Submission>, ...commands: AnyCommand[]): Promise<void> => {
    writer.submit(
      commands.map((command) => ({
        command,
        principal: PRINCIPAL,
        answer: (reply) => {
          replies.set(command.id, reply);
          seen.push(`answered ${command.id}`);
        },
        ...more,
      })),
    );
    await turns();
  };
  const submit = (...commands: AnyCommand[]): Promise<void> => send({}, ...commands);
  const start = async (): Promise<void> => {
    await submit(createNamespace('default', 'ns'));
    await store.end();
    seen.length = 0;
    store.commits.length = 0;
  };
  return { store, writer, seen, replies, submit, send, start };
}

export const namesIn = ({ events }: Commit): string[] => events.map(({ name }) => name);
