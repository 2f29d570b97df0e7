import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '@shiplog/testing';
import { TestCluster } from './support/cluster';
import { Load } from './support/load';
import { rebuildAndCompare } from './support/rebuild';

const NAMESPACE = 'stores';
/** Long enough that clients notice, and that their requests fail. */
const OUTAGE_MS = 2_000;

describe('a store or the bus goes away under load', () => {
  const cluster = new TestCluster();
  let load: Load;

  beforeAll(() => cluster.kubectl('create', 'namespace', NAMESPACE));
  afterAll(async () => {
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await cluster.close();
  });
  beforeEach(() => {
    load = new Load(cluster, NAMESPACE);
  });
  afterEach(() => load.stop());

  /** Everything acknowledged is there and nothing else, and the log folds to the state that is served. */
  const nothingLost = async (): Promise<void> => {
    await cluster.allReady();
    const acknowledged = load.acknowledged.size;
    await eventually(() => load.acknowledged.size > acknowledged + 20);
    await load.stop();
    const listed = await load.listed();
    for (const name of load.acknowledged) expect(listed).toContain(name);
    expect(await rebuildAndCompare(cluster)).toMatch(/equal|same/);
  };

  it('NATS is stopped and started: nothing acknowledged is lost', async () => {
    await cluster.control('stop', 'nats');
    await wait(OUTAGE_MS);
    await cluster.control('start', 'nats');
    await nothingLost();
  });

  it('NATS comes back with an empty store: nothing is lost, and commands left in it are taken again', async () => {
    await cluster.control('stop', 'nats');
    await rm(join(cluster.home, 'nats', 'store'), { recursive: true });
    await cluster.control('start', 'nats');
    await nothingLost();
    await leaveCommand('after-the-store');
    await eventually(() => exists('after-the-store'));
  });

  it('a command left while the journal is away is decided once it is back', async () => {
    await cluster.control('stop', 'journal');
    await leaveCommand('while-away');
    await cluster.control('start', 'journal');
    await eventually(() => exists('while-away'));
    await nothingLost();
  });

  it('Postgres is stopped mid-commit and started: nothing acknowledged is lost', async () => {
    await eventually(() => load.acknowledged.size > 100);
    await cluster.control('stop', 'postgres');
    await wait(OUTAGE_MS);
    await cluster.control('start', 'postgres');
    await nothingLost();
  });

  const exists = async (name: string): Promise<boolean> => {
    await cluster.api.get(`/api/v1/namespaces/${NAMESPACE}/configmaps/${name}`);
    return true;
  };

  /** Leaves a ConfigMap's creation in JetStream, and waits only for its storage. */
  const leaveCommand = async (name: string): Promise<void> => {
    const bus = await cluster.bus();
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
    const data = { resource: 'configmaps' as const, namespace: NAMESPACE, object };
    const id = `later-${name}-${Date.now()}`;
    await eventually(async () => {
      await bus.commandLater({ id, type: 'CreateObject', actor: bus.principal.name, data });
      return true;
    });
  };
});
