import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { newCommandId, type Bus } from '@shiplog/bus';
import { ADMINISTRATOR, Head, type AnyCommand } from '@shiplog/contracts';
import { makeSigningKeys } from '@shiplog/pki';
import { eventually, freePort } from '@shiplog/testing';
import { makeCertificate } from '../../../../services/api/src/testing/certificate';
import { Appender } from '../../../../services/journal/src/database/append';
import { makeDataSource } from '../../../../services/journal/src/database/data-source';
import { repositoriesOf } from '../../../../services/journal/src/database/repositories';
import { TestJournals } from '../../../../services/journal/src/testing/journals';
import type { Reading } from './probe';
import { ProbedService } from './probed-service';
import { renderLoads, renderServices, type ServiceFigures } from './render';
import { RunningCluster } from './running-cluster';
import { measureLoad } from './state-load';

/** In this order: each needs those before it. */
const SERVICES = ['journal', 'api', 'controller', 'scheduler'] as const;
type ServiceName = (typeof SERVICES)[number];
type Readings = Readonly<Record<ServiceName, Reading>>;

/** Writes under way at once, and for how long there are some; a hash of everything and of each view falls into that time. */
const WRITERS = 16;
const WRITES_MS = 30_000;
/** After a change and the hash that follows it every reader has made its digests. */
const PROVING_MS = 12_000;
/** Longer than the journal takes from one proof of the views to the next. */
const VIEWS_MS = 600_000;

/**
 * What a pod costs the services of the master in memory, what they compute in one turn, and what a load of the state
 * weighs, with so many pods each time; on real parts.
 */
export async function measureScale(sizes: readonly number[]): Promise<void> {
  const parts = await TestJournals.start();
  const directory = await mkdtemp(join(tmpdir(), 'shiplog-scale-'));
  try {
    const api = await apiSettings(directory);
    say('memory of the services without any pod');
    const empty = await run(parts, directory, api, 0);
    for (const pods of sizes) {
      const { loaded, proved, written, loads } = await run(parts, directory, api, pods);
      const figures = SERVICES.map((service): ServiceFigures => ({
        service,
        heapEach: (proved[service].heap - empty.loaded[service].heap) / pods,
        rss: proved[service].rss,
        longest: [loaded, proved, written].map((readings) => readings[service].longestTurnMs),
      }));
      process.stdout.write(`\n  ${pods} running pods\n\n${renderServices(figures)}\n\n${renderLoads(loads)}\n\n`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
    await parts.stop();
  }
}

async function run(parts: TestJournals, directory: string, api: Record<string, string>, pods: number) {
  const url = await parts.newDatabase();
  const cluster = new RunningCluster(pods);
  await fill(parts, cluster);
  const bus = await parts.nats.bus(`measure ${pods}`, { role: 'user', name: ADMINISTRATOR });
  const services: ProbedService[] = [];
  const read = async (): Promise<Readings> =>
    Object.fromEntries(await Promise.all(services.map(async (it) => [it.name, await it.read()] as const))) as Readings;
  try {
    for (const service of SERVICES) {
      say(`${service} loads`);
      const env = { NATS_URL: parts.nats.url, DATABASE_URL: url, NODE_MONITOR_GRACE: '10h', ...api };
      services.push(ProbedService.run(service, directory, env));
      await services.at(-1)?.ready(bus);
    }
    // Services that lead a moment later than they are ready.
    await wait(3_000);
    const loaded = await read();
    if (pods === 0) return { loaded, proved: loaded, written: loaded, loads: [] };
    say('they prove their states');
    await touch(bus, cluster, 0);
    await wait(PROVING_MS);
    const proved = await read();
    await write(bus, cluster);
    const written = await read();
    say('a reader loads the state');
    return { loaded, proved, written, loads: [await measureLoad(bus, undefined), await measureLoad(bus, 'br')] };
  } finally {
    for (const service of services.reverse()) await service.stop();
    await bus.close();
  }
}

async function fill(parts: TestJournals, cluster: RunningCluster): Promise<void> {
  const owner = await makeDataSource(parts.ownerUrl).initialize();
  await repositoriesOf(owner).partitions.makeRoom(0, 500_000, cluster.pods);
  await owner.destroy();
  const appender = await Appender.open(parts.databaseUrl, 0, () => undefined);
  let events = 0;
  for (const commit of cluster.log()) {
    await appender.append(commit);
    events += commit.events.length;
    if (events % 10_000 === 0) say(`${events} events are in the log`);
  }
  await appender.close();
}

/** Pods' conditions change, until some time is over and every view was proved meanwhile. */
async function write(bus: Bus, cluster: RunningCluster): Promise<void> {
  let isProved = false;
  let written = 0;
  let isOver = false;
  const heads = bus.hear(Head, ({ views }) => void (isProved ||= views?.hashes !== undefined));
  const writer = async (): Promise<void> => {
    while (!isOver) await touch(bus, cluster, ++written);
  };
  say('pods change');
  const writers = Array.from({ length: WRITERS }, writer);
  const failed = Promise.all(writers);
  try {
    await Promise.race([wait(WRITES_MS), failed]);
    await Promise.race([eventually(() => isProved, { timeoutMs: VIEWS_MS, everyMs: 500 }), failed]);
  } finally {
    isOver = true;
    await Promise.allSettled(writers);
    heads.unsubscribe();
  }
  say(`${written} changes were made`);
}

async function touch(bus: Bus, cluster: RunningCluster, n: number): Promise<void> {
  const { namespace = '', name } = cluster.pod((n * 7_919) % cluster.pods).metadata;
  const conditions = [{ type: 'Ready', status: 'True', message: `change ${n}` }];
  const data = { resource: 'pods', namespace, name, subresource: 'status', patchType: 'strategic' } as const;
  const command = {
    id: newCommandId(),
    type: 'PatchObject',
    actor: ADMINISTRATOR,
    data: { ...data, patch: { status: { conditions } } },
  };
  const reply = await bus.command(command as AnyCommand, { timeoutMs: 60_000 });
  if (!reply.ok) throw new Error(`a pod could not be changed: ${reply.status.message}`);
}

async function apiSettings(directory: string): Promise<Record<string, string>> {
  const { cert, key } = await makeCertificate();
  const at = (name: string): string => join(directory, name);
  await Promise.all([
    writeFile(at('cert.pem'), cert),
    writeFile(at('key.pem'), key, { mode: 0o600 }),
    writeFile(at('sa.key'), makeSigningKeys().privateKey, { mode: 0o600 }),
    writeFile(at('tokens.csv'), 'measure,admin,1,"system:masters"\n', { mode: 0o600 }),
  ]);
  const files = {
    TLS_CERT_FILE: at('cert.pem'),
    TLS_KEY_FILE: at('key.pem'),
    TOKEN_FILE: at('tokens.csv'),
    SERVICE_ACCOUNT_KEY_FILE: at('sa.key'),
  };
  return { ...files, API_PORT: String(await freePort()) };
}

function say(text: string): void {
  process.stdout.write(`  … ${text}\n`);
}
