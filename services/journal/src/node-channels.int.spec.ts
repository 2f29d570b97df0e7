import type { Bus } from '@shiplog/bus';
import { hashOfChannel, type AppliedEvent } from '@shiplog/cluster';
import {
  channelsOf,
  EventsQuery,
  FLANNEL_ANNOTATIONS,
  PositionQuery,
  type AnyCommand,
  type Channel,
  type CommandReply,
} from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { eventually } from '@shiplog/testing';
import { pino } from 'pino';
import { createNamespace, createPodOn, freshId } from './testing/commands';
import { TestJournals } from './testing/journals';

const ROUTES: Channel = { resource: 'nodes', excerpt: 'routes' };

let parts: TestJournals;
let user: Bus;
beforeAll(async () => {
  parts = await TestJournals.start();
  await parts.journal('main');
  user = await parts.nats.bus();
  await send(createNamespace('default'));
});
afterAll(() => parts.stop());

async function send(command: AnyCommand): Promise<Extract<CommandReply, { ok: true }>> {
  const reply = await user.command(command);
  if (!reply.ok) throw new Error(reply.status.message);
  return reply;
}

const createNode = (name: string) =>
  send({
    ...{ id: freshId(), actor: 'admin', type: 'CreateObject' },
    data: { resource: 'nodes', namespace: '', object: { apiVersion: 'v1', kind: 'Node', metadata: { name } } },
  } as AnyCommand);
const patchNode = (name: string, patch: object, subresource?: string) =>
  send({
    ...{ id: freshId(), actor: 'admin', type: 'PatchObject' },
    data: { resource: 'nodes', namespace: '', name, subresource, patchType: 'merge', patch },
  } as AnyCommand);

const status = (message: string) => ({
  status: { conditions: [{ type: 'Ready', status: 'True', message }], images: [{ names: ['a'], sizeBytes: 1 }] },
});
const at = (address: string) => ({ metadata: { annotations: { [FLANNEL_ANNOTATIONS.publicIp]: address } } });

/** A projection as an agent of node n1 has one, which doesn't hear what comes on `deafTo`. */
class Agent {
  readonly heard: AppliedEvent[] = [];
  deafTo: string | undefined;

  private constructor(
    readonly bus: Bus,
    private readonly role: 'network' | 'kubelet',
  ) {}

  projection!: Projection;

  static async start(role: 'network' | 'kubelet'): Promise<Agent> {
    const agent = new Agent(await parts.nats.bus(role, { role, name: 'n1' }), role);
    const listen = agent.bus.listen.bind(agent.bus);
    agent.bus.listen = (subject, receive) =>
      listen(subject, (message) => void (message.subject === agent.deafTo ? undefined : receive(message)));
    const options = { logger: pino({ level: 'silent' }), proveNodeEveryMs: 100 };
    agent.projection = await Projection.open(agent.bus, { ...options, channels: channelsOf(role, 'n1') });
    agent.projection.onApplied((batch) => agent.heard.push(...batch));
    return agent;
  }

  /** Once what is under way has gone by. */
  async hearAgain(): Promise<void> {
    await this.bus.connection.flush();
    this.deafTo = undefined;
  }

  get facts(): string[] {
    return this.heard.map(({ event: { fact, name } }) => `${fact} ${name}`);
  }

  /** Each of its channels is as the journal has it. */
  async isProved(): Promise<boolean> {
    const channels = channelsOf(this.role, 'n1').filter(({ node, excerpt }) => (node ?? excerpt) !== undefined);
    const { hashes } = await user.ask(PositionQuery, { channels, hashes: true });
    const own = channels.map((channel) => hashOfChannel(this.projection.state, channel));
    expect(Object.values(hashes ?? {})).toEqual(own);
    return this.projection.statistics.hashesFailed === 0 && this.projection.statistics.hashesProved > 0;
  }

  async stop(): Promise<void> {
    await this.projection.close();
    await this.bus.close();
  }
}

let agent: Agent;
afterEach(() => agent.stop());

describe('the network agent of a node', () => {
  beforeAll(async () => {
    for (const name of ['n1', 'n2']) await createNode(name);
  });
  beforeEach(async () => {
    agent = await Agent.start('network');
  });

  it('hears of another node where its pods are, and nothing of how it does', async () => {
    await patchNode('n2', status('well'), 'status');
    await patchNode('n2', {
      spec: { podCIDR: '10.244.2.0/24', unschedulable: true },
      metadata: { labels: { a: 'b' } },
    });
    await patchNode('n2', status('very well'), 'status');
    await patchNode('n2', { status: { addresses: [{ type: 'InternalIP', address: '10.0.0.2' }] } }, 'status');
    await eventually(() => agent.heard.length === 2);
    expect(agent.heard[0]?.event.data.changes).toEqual({
      spec: { in: { podCIDR: { set: '10.244.2.0/24' }, podCIDRs: { set: ['10.244.2.0/24'] } } },
    });
    const { spec, status: said, metadata } = agent.projection.get('nodes', '', 'n2')!;
    expect([spec, said]).toEqual([
      { podCIDR: '10.244.2.0/24', podCIDRs: ['10.244.2.0/24'] },
      { addresses: [{ type: 'InternalIP', address: '10.0.0.2' }] },
    ]);
    expect(metadata.labels).toBeUndefined();
    await eventually(() => agent.isProved());
  });

  it('finds what it missed of the routes by the next event of a pod, and fetches that alone', async () => {
    agent.deafTo = 'shiplog.v1.commit.nodes._.routes';
    await patchNode('n2', at('10.0.0.3'));
    await patchNode('n2', status('unheard of'), 'status');
    await agent.hearAgain();
    const { position } = await send(createPodOn('n1', 'shows-it'));
    await eventually(() => agent.projection.position >= position);
    expect(agent.facts).toEqual(['MetadataChanged n2', 'Created shows-it']);
    expect(agent.projection.statistics).toMatchObject({ gaps: 1, reloads: 1 });
    await eventually(() => agent.isProved());
  });

  it('finds what it missed by the next head', async () => {
    agent.deafTo = 'shiplog.v1.commit.nodes._.routes';
    const { position } = await patchNode('n2', at('10.0.0.4'));
    await eventually(() => agent.projection.position >= position);
    expect(agent.projection.get('nodes', '', 'n2')).toMatchObject(at('10.0.0.4'));
    expect(agent.projection.statistics).toMatchObject({ gaps: 1, reloads: 1 });
  });

  it('loads anew what it holds of the routes that the journal does not know', async () => {
    const object = agent.projection.get('nodes', '', 'n2')!;
    agent.projection.state.put('nodes', { ...object, spec: { podCIDR: '10.244.99.0/24' } } as never);
    await patchNode('n2', status('a new head'), 'status');
    await eventually(() => agent.projection.statistics.hashesFailed === 1);
    await eventually(() => JSON.stringify(agent.projection.get('nodes', '', 'n2')).includes('10.244.2.0'));
  });
});

it('the events of an excerpt are answered in pages, also where a page has none', async () => {
  agent = await Agent.start('network');
  const { position: after } = await patchNode('n1', at('10.0.0.10'));
  for (let i = 0; i < 5; i++) await patchNode('n1', status(`${i}`), 'status');
  const { position: last } = await patchNode('n1', at('10.0.0.11'));
  const found: number[] = [];
  let pages = 0;
  for (let at = after; ;) {
    const page = await agent.bus.ask(EventsQuery, { channels: [ROUTES], after: at, limit: 2 });
    found.push(...page.events.map(({ position }) => position));
    at = page.position;
    pages++;
    if (!page.more) break;
  }
  expect([found, pages]).toEqual([[last], 3]);
  expect(await agent.bus.ask(EventsQuery, { channels: [ROUTES], after: last })).toMatchObject({ events: [] });
});

describe('the kubelet of a node', () => {
  beforeEach(async () => {
    agent = await Agent.start('kubelet');
  });

  it('hears its own Node and pods only, and stands at once where these are', async () => {
    expect(agent.projection.list('nodes').map(({ metadata }) => metadata.name)).toEqual(['n1']);
    await patchNode('n2', status('not heard'), 'status');
    await send(createPodOn('n2', 'elsewhere'));
    await patchNode('n1', status('mine'), 'status');
    const { position } = await send(createPodOn('n1', 'here'));
    await user.connection.flush();
    await agent.bus.connection.flush();
    expect(agent.projection.position).toBe(position);
    expect(agent.facts).toEqual(['StatusChanged n1', 'Created here']);
    await eventually(() => agent.isProved());
  });

  it('finds what it missed of its Node by the next event of its pods', async () => {
    agent.deafTo = 'shiplog.v1.commit.nodes.n1';
    await patchNode('n1', status('unheard of'), 'status');
    await agent.hearAgain();
    const { position } = await send(createPodOn('n1', 'tells'));
    await eventually(() => agent.projection.position >= position);
    expect(JSON.stringify(agent.projection.get('nodes', '', 'n1'))).toContain('unheard of');
    expect(agent.projection.statistics.gaps).toBe(1);
  });
});
