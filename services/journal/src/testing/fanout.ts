import { setTimeout as pause } from 'node:timers/promises';
import type { Bus, Voice } from '@shiplog/bus';
import type { AppliedEvent } from '@shiplog/cluster';
import { permissionsOf, subjects, type Identity } from '@shiplog/contracts';
import { SecuredNats } from '@shiplog/testing';
import { pino } from 'pino';
import { HighWaterMarkSignals } from '../leader/high-water-mark-signals';
import { ChannelHeads } from '../writer/channel-heads';
import { Publisher } from '../writer/publisher';
import { EVERY, nodeName, PODS_PER_NODE, SyntheticCluster } from './synthetic-cluster';

/** Of the cluster's life, whose commits are published as fast as they can be made. */
const LIFE_MINUTES = 20;
/** How long what the journal says by the clock is listened to. */
const SIGNALS_SECONDS = 40;
const STEP_SECONDS = 0.1;
/** Commits published before it is waited for that all of them are counted. */
const UNDER_WAY = 200;
const EPOCH = 1;

const JOURNAL: Identity = { role: 'journal', name: 'main' };
const AGENTS = (['kubelet', 'network', 'proxy'] as const).map((role): Identity => ({ role, name: nodeName(0) }));
/** It may hear what all nodes say. */
const API: Identity = { role: 'api', name: 'main' };
const ALL_NODES = subjects.commit({ resource: 'nodes' });

/** What came in a second of the cluster's life on what an identity subscribes to. */
interface Heard {
  readonly role: string;
  readonly subject: string;
  readonly messages: number;
  readonly bytes: number;
}

/**
 * What the journal of a cluster of so many nodes, in which nothing special happens, has one of them hear: counted on real
 * subscriptions to all that its agents may hear, with their own credentials.
 */
export async function measureFanout(nodes: number): Promise<void> {
  say(`${nodes} nodes with ${PODS_PER_NODE} pods each`);
  say(`each node tells how it is every ${EVERY.status} s, a pod lives ${EVERY.pod / 3600} h`);
  say(`every ${EVERY.node} s a node is replaced, every ${EVERY.service} s a service made or removed`);
  const nats = await SecuredNats.start([JOURNAL, ...AGENTS, API]);
  try {
    const tallies = await Promise.all([
      ...AGENTS.map(async (agent) => new Tally(await nats.bus(agent), subscriptionsOf(agent))),
      nats.bus(API).then((bus) => new Tally(bus, [ALL_NODES])),
    ]);
    const journal = new SyntheticJournal(await nats.bus(JOURNAL), nodes);
    const heard = [...(await countCommits(journal, tallies)), ...(await countSignals(journal, tallies))];
    const own = AGENTS.flatMap((agent) => heard.filter(({ role }) => role === agent.role));
    const ofNodes = heard.filter(({ role }) => role === API.role);
    // A kubelet and a network agent would.
    const others = [...own, ...ofNodes, ...ofNodes];
    say(rendered([...own, summed('all of it', own), summed('if they heard all that nodes say', others)]));
  } finally {
    await nats.stop();
  }
}

async function countCommits(journal: SyntheticJournal, tallies: readonly Tally[]): Promise<Heard[]> {
  for (let minute = 1; minute <= LIFE_MINUTES; minute++) {
    await journal.live(60, () => flushed(tallies));
    if (minute % 5 === 0) say(`… ${minute} of ${LIFE_MINUTES} minutes have passed there, at event ${journal.position}`);
  }
  await flushed(tallies);
  return tallies.flatMap((tally) => tally.take(LIFE_MINUTES * 60));
}

/** Commits go on meanwhile, at the pace of the clock: heads tell of what has moved. */
async function countSignals(journal: SyntheticJournal, tallies: readonly Tally[]): Promise<Heard[]> {
  say(`… ${SIGNALS_SECONDS} s of what the journal says by the clock`);
  journal.signals.start();
  const started = performance.now();
  for (let passed = STEP_SECONDS; passed <= SIGNALS_SECONDS; passed += STEP_SECONDS) {
    await journal.live(STEP_SECONDS);
    await pause(Math.max(0, started + passed * 1_000 - performance.now()));
  }
  journal.signals.stop();
  await flushed(tallies);
  return tallies.flatMap((tally) => tally.take(SIGNALS_SECONDS)).filter(({ subject }) => !isCommit(subject));
}

function isCommit(subject: string): boolean {
  return subject.startsWith(subjects.everyCommit.slice(0, -1));
}

/** Says what a journal would, of a cluster that is not there. */
class SyntheticJournal {
  readonly signals: HighWaterMarkSignals;
  readonly #cluster: SyntheticCluster;
  readonly #publisher: Publisher;

  constructor(
    private readonly bus: Bus,
    nodes: number,
  ) {
    const logger = pino({ level: 'warn' });
    this.#cluster = new SyntheticCluster(nodes);
    const heads = new ChannelHeads(this.#cluster.heads);
    this.#publisher = new Publisher(bus.connection, heads, EPOCH, logger, { cloudEvents: false });
    const voice = { epoch: EPOCH, holds: () => true } as Voice;
    this.signals = new HighWaterMarkSignals(bus, voice, this.#cluster, heads, logger);
  }

  get position(): number {
    return this.#cluster.position;
  }

  async live(seconds: number, taken: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    let published = 0;
    for (const commit of this.#cluster.live(seconds)) {
      this.#publish(commit);
      if (++published % UNDER_WAY !== 0) continue;
      await this.bus.connection.flush();
      await taken();
    }
    await this.bus.connection.flush();
  }

  #publish(commit: readonly AppliedEvent[]): void {
    this.#publisher.publish(
      commit,
      commit.map(({ event }) => JSON.stringify(event.data)),
    );
  }
}

/** Counts what comes on subscriptions. */
class Tally {
  readonly #counts = new Map<string, { messages: number; bytes: number }>();

  constructor(
    private readonly bus: Bus,
    subscriptions: readonly string[],
  ) {
    for (const subject of subscriptions) {
      const count = { messages: 0, bytes: 0 };
      this.#counts.set(subject, count);
      bus.listen(subject, (message) => {
        count.messages++;
        count.bytes += message.subject.length + message.data.length;
      });
    }
  }

  /** Resolves when what the server has for it is counted. */
  async flush(): Promise<void> {
    await this.bus.connection.flush();
  }

  /** What came since this was asked last, for each of so many seconds. */
  take(seconds: number): Heard[] {
    return [...this.#counts].flatMap(([subject, count]) => {
      const { messages, bytes } = count;
      Object.assign(count, { messages: 0, bytes: 0 });
      const { role } = this.bus.identity;
      return messages === 0 ? [] : [{ role, subject, messages: messages / seconds, bytes: bytes / seconds }];
    });
  }
}

async function flushed(tallies: readonly Tally[]): Promise<void> {
  await Promise.all(tallies.map((tally) => tally.flush()));
}

function subscriptionsOf(identity: Identity): readonly string[] {
  const { subscribe } = permissionsOf(identity);
  return 'allow' in subscribe ? subscribe.allow : [];
}

function summed(subject: string, heard: readonly Heard[]): Heard {
  const sum = (of: (item: Heard) => number): number => heard.reduce((total, item) => total + of(item), 0);
  return { role: '', subject, messages: sum(({ messages }) => messages), bytes: sum(({ bytes }) => bytes) };
}

function rendered(heard: readonly Heard[]): string {
  const rows = [
    ['', 'subject', 'messages a second', 'bytes a second'],
    ...heard.map(({ role, subject, messages, bytes }) => [
      role,
      subject,
      messages.toLocaleString('en', { maximumFractionDigits: 3 }),
      bytes.toLocaleString('en', { maximumFractionDigits: 0 }),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cell = (text: string, column: number): string =>
    column < 2 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  return rows.map((row) => `  ${row.map(cell).join('  ').trimEnd()}`).join('\n');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
