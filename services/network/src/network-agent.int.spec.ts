import type { Bus } from '@shiplog/bus';
import { Health, readConfig } from '@shiplog/service';
import { eventually, TestNats } from '@shiplog/testing';
import { pino } from 'pino';
import type { OverlaySync, SyncOutcome } from './overlay/overlay-sync';
import { NetworkAgent } from './network-agent';
import type { PodConnections } from './pods/pod-connections';
import type { PodPolicies } from './policies/pod-policies';
import type { SourceGuard } from './pods/source-guard';
import { networkSettings } from './settings';
import { JournalStandIn } from './testing/journal-stand-in';

const logger = pino({ level: 'silent' });
const WAITING: SyncOutcome = { state: 'waiting', reason: 'the node has no pod addresses yet' };
const STANDING: SyncOutcome = {
  state: 'done',
  desired: { routes: [], neighbours: [], fdb: [], unreachable: [{ node: 'minion-2', reason: 'it is far' }] },
  observed: { links: [], routes: [], neighbours: [], fdb: [] },
  podCidr: '10.244.1.0/24',
};

/** An overlay that comes to what the test says, and keeps what it was asked. */
class ScriptedOverlay {
  readonly asked: string[] = [];
  /** What the next round comes to. */
  next: SyncOutcome | Error = WAITING;
  /** Whether the rules can't be written. */
  refuses = false;
  /** Whether its rules are found in the kernel. */
  rulesStand = true;
  /** As the kernel would. */
  tellChange: () => void = () => undefined;

  run(): Promise<SyncOutcome> {
    this.asked.push('run');
    return this.next instanceof Error ? Promise.reject(this.next) : Promise.resolve(this.next);
  }

  watch(changed: () => void): { stop(): void } {
    this.tellChange = changed;
    return { stop: () => undefined };
  }

  tables(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map());
  }

  stands(): boolean {
    return this.rulesStand;
  }

  refreshBus(): Promise<void> {
    this.asked.push('refreshBus');
    return Promise.resolve();
  }

  writeRules(_podCidr: string, _pods: unknown, { anyway }: { anyway: boolean }): Promise<void> {
    this.asked.push(anyway ? 'writeRules anyway' : 'writeRules');
    return this.refuses ? Promise.reject(new Error('Could not process rule')) : Promise.resolve();
  }
}

let nats: TestNats;
let own: Bus;
let journal: JournalStandIn;
let overlay: ScriptedOverlay;
let health: Health;
let agent: NetworkAgent;
/** How often pods could be connected from then on. */
let ready: number;

beforeEach(async () => {
  nats = await TestNats.start();
  journal = await JournalStandIn.serve(await nats.bus('journal', { role: 'journal', name: 'one' }));
  own = await nats.bus('network', { role: 'network', name: 'minion-1' });
  journal.createNode('minion-1');
  ready = 0;
  overlay = new ScriptedOverlay();
  health = new Health('network', 'minion-1');
  const config = {
    ...readConfig(networkSettings, { NODE_NAME: 'minion-1', NETWORK_LOOK_EVERY: '1s' }),
    natsUrl: nats.url,
  } as never;
  const asked = (word: string) => () => Promise.resolve(void overlay.asked.push(word));
  const connections = { ready: () => void ready++ } as unknown as PodConnections;
  const policies = {
    load: () => undefined,
    take: () => false,
    start: asked('policies start'),
    verify: asked('policies verify'),
    stands: () => true,
    isolated: 2,
  };
  const sources = { start: asked('sources start'), verify: asked('sources verify'), stands: () => true };
  agent = new NetworkAgent(
    own,
    config,
    logger,
    health,
    overlay as unknown as OverlaySync,
    connections,
    policies as unknown as PodPolicies,
    sources as unknown as SourceGuard,
  );
  agent.onApplicationBootstrap();
  await eventually(() => overlay.asked.length === 1);
});
afterEach(async () => {
  await agent.onApplicationShutdown();
  await nats.stop();
});

describe('the agent of a node', () => {
  it('that waited for its pod network has the policies’ rules stand first, and looks up the bus before its first own', async () => {
    expect(health.report()).toMatchObject({ ready: false, detail: WAITING.reason });
    overlay.next = STANDING;
    journal.changeNode('minion-1', { podCIDR: '10.244.1.0/24' });
    await eventually(() => health.report().ready);
    expect(overlay.asked).toEqual([
      'run',
      'run',
      'sources start',
      'policies start',
      'policies verify',
      'sources verify',
      'refreshBus',
      'writeRules anyway',
    ]);
    expect(ready).toBe(1);
  });

  it('tries again what failed, all of it, says so meanwhile, and answers the kubelet only then', async () => {
    [overlay.next, overlay.refuses] = [STANDING, true];
    journal.changeNode('minion-1', { podCIDR: '10.244.1.0/24' });
    await eventually(() => health.report().detail === 'not up to date: Could not process rule');
    expect([health.report().ready, ready]).toEqual([false, 0]);
    overlay.refuses = false;
    await eventually(() => health.report().ready);
    expect(overlay.asked.slice(-5)).toEqual([
      'run',
      'policies verify',
      'sources verify',
      'refreshBus',
      'writeRules anyway',
    ]);
    expect(health.report().detail).toBe(
      'vxlan, 0 routes from 10.244.1.0/24; 2 pods isolated by network policies; no way to minion-2: it is far',
    );
  });

  it('writes only what differs when a node changes, and does nothing when nodes tell what no route is made of', async () => {
    overlay.next = STANDING;
    journal.changeNode('minion-1', { podCIDR: '10.244.1.0/24' });
    await eventually(() => ready === 1);
    journal.cordonNode('minion-1');
    journal.createNode('minion-2');
    await eventually(() => ready === 2);
    expect(overlay.asked.slice(8)).toEqual(['run', 'writeRules']);
  });

  it('looks again as soon as the kernel tells of a change, and writes all anew when its rules are gone', async () => {
    overlay.next = STANDING;
    journal.changeNode('minion-1', { podCIDR: '10.244.1.0/24' });
    await eventually(() => ready === 1);
    overlay.tellChange();
    await eventually(() => ready === 2);
    expect(overlay.asked.slice(8)).toEqual(['run', 'writeRules']);
    overlay.rulesStand = false;
    await eventually(() => overlay.asked.slice(10).includes('writeRules anyway'));
  });
});
