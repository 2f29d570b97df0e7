import {
  channelsOf,
  EventsQuery,
  inboxOf,
  ObjectQuery,
  PositionQuery,
  type Channel,
  type PayloadOf,
  type ResourceId,
} from '@shiplog/contracts';
import { refusalOf, type Ear } from './support/attacker';
import { AGENTS, CAPTURED, OTHER, SecurityWorld } from './support/security-world';

const REFUSED: [what: string, subject: string][] = [
  ['everything', '>'],
  ['everything of Shiplog', 'shiplog.v1.>'],
  ['everything of whatever version', '*.*.>'],
  ['all commands', 'shiplog.v1.command.>'],
  ['commands of an api', 'shiplog.v1.command.as.api.main.*'],
  ['its own commands', `shiplog.v1.command.as.node.${CAPTURED}.*`],
  ['all questions', 'shiplog.v1.query.>'],
  ['all inboxes', '_INBOX.>'],
  ['inboxes of apis', '_INBOX.api.>'],
  ['inboxes of those called as it is', `_INBOX.*.${CAPTURED}.>`],
  ['the inbox of another node', `${inboxOf({ role: 'kubelet', name: OTHER })}.>`],
  ['the operator’s inbox', `${inboxOf({ role: 'operator', name: 'launcher' })}.>`],
  ['all streams', 'shiplog.v1.stream.>'],
  ['streams to apis', 'shiplog.v1.stream.to.api.>'],
  ['the acknowledgements of all streams', 'shiplog.v1.stream.ctl.>'],
  ['all events', 'shiplog.v1.event.>'],
  ['events of Secrets', 'shiplog.v1.event.secrets.>'],
  ['events of Secrets of its own node', `shiplog.v1.event.secrets.${CAPTURED}.>`],
  ['events of ConfigMaps', 'shiplog.v1.event.configmaps.>'],
  ['events of all pods', 'shiplog.v1.event.pods.>'],
  ['events of another node’s pods', `shiplog.v1.event.pods.${OTHER}.>`],
  ['events of anything of its node', `shiplog.v1.event.*.${CAPTURED}.>`],
  ['all commits', 'shiplog.v1.commit.>'],
  ['commits of all resources', 'shiplog.v1.commit.*'],
  ['commits of Secrets', 'shiplog.v1.commit.secrets'],
  ['commits of ConfigMaps', 'shiplog.v1.commit.configmaps'],
  ['commits of all pods', 'shiplog.v1.commit.pods'],
  ['commits of another node’s pods', `shiplog.v1.commit.pods.${OTHER}`],
  ['commits of all nodes', 'shiplog.v1.commit.nodes'],
  ['commits of another node', `shiplog.v1.commit.nodes.${OTHER}`],
  ['commits of anything of its node', `shiplog.v1.commit.*.${CAPTURED}`],
  ['what is asked of another node', `shiplog.v1.node.${OTHER}.>`],
  ['all that is asked of its node', `shiplog.v1.node.${CAPTURED}.>`],
  ['what logs are asked for', 'shiplog.v1.node.*.logs'],
  ['all signals', 'shiplog.v1.signal.>'],
  ['heartbeats', 'shiplog.v1.signal.heartbeat.*.*'],
  ['who leads', 'shiplog.v1.leadership.>'],
  ['what another’s health is asked', `shiplog.v1.health.kubelet.${OTHER}`],
  ['who joins', 'shiplog.v1.join.>'],
  ['JetStream’s own', '$JS.>'],
  ['what goes to JetStream’s consumers', '$JS.ACK.>'],
  ['the NATS server’s own', '$SYS.>'],
];

describe('with the credentials of a minion', () => {
  const world = new SecurityWorld('security-hear');
  beforeAll(() => world.begin());
  afterAll(() => world.end());

  const kubelet = () => world.attackers.kubelet.bus;

  describe('the NATS server lets nobody listen to', () => {
    const ears: Ear[] = [];

    it.each(REFUSED)('%s', async (_, subject) => {
      const alone = await Promise.all(AGENTS.map((agent) => world.attackers[agent].listen(subject)));
      const inGroup = await world.attackers.kubelet.listen(subject, 'evil');
      expect([...alone, inGroup].map(({ refused }) => refused)).toEqual([true, true, true, true]);
      ears.push(...alone, inGroup);
    });

    it('any of these, whatever goes by: a write, an event of a Secret, a stream of a log', async () => {
      const { cluster, namespace } = world;
      await cluster.kubectl('-n', namespace, 'label', 'secret', 'hidden', 'seen=no');
      expect(await cluster.kubectl('-n', namespace, 'logs', 'theirs', '--tail=1')).toContain('line');
      await Promise.all(AGENTS.map((agent) => world.attackers[agent].connection.flush()));
      expect(ears).toHaveLength(REFUSED.length * 4);
      expect(ears.flatMap(({ heard }) => heard)).toEqual([]);
    });
  });

  describe('the journal tells nothing of', () => {
    type Asked = PayloadOf<typeof ObjectQuery>;
    const key = (name: string, resource: ResourceId = 'secrets') => ({ resource, namespace: world.namespace, name });
    const pod = (name: 'mine' | 'theirs', more: object = {}) => ({
      namespace: world.namespace,
      name,
      uid: world[name].metadata!.uid!,
      ...more,
    });
    const OBJECTS: [what: string, question: () => Asked][] = [
      ['a Secret', () => ({ key: key('hidden') })],
      ['a Secret that its own pod does not name', () => ({ key: key('hidden'), for: pod('mine') })],
      ['a Secret that another node’s pod names', () => ({ key: key('hidden'), for: pod('theirs') })],
      [
        'a Secret that a pod of another uid names',
        () => ({ key: key('named'), for: pod('mine', { uid: pod('theirs').uid }) }),
      ],
      ['a Secret for a pod that is not there', () => ({ key: key('hidden'), for: pod('mine', { name: 'evil' }) })],
      [
        'a Secret of another namespace than its pod’s',
        () => ({ key: { ...key('named'), namespace: 'kube-system' }, for: pod('mine') }),
      ],
      ['a Secret that its pod names, as it was', () => ({ key: key('named'), for: pod('mine'), at: world.began })],
      ['a Secret that its pod names, without a word of the pod', () => ({ key: key('named') })],
      ['a ConfigMap that its pod does not name', () => ({ key: key('hidden', 'configmaps'), for: pod('mine') })],
      ['its own pod’s object by this way', () => ({ key: key('mine', 'pods'), for: pod('mine') })],
      ['another node’s pod', () => ({ key: key('theirs', 'pods'), for: pod('theirs') })],
    ];

    it.each(OBJECTS)('%s', async (_, question) => {
      expect(await refusalOf(kubelet().ask(ObjectQuery, question()))).toBe(403);
    });

    const CHANNELS: [what: string, channel: Channel][] = [
      ['Secrets', { resource: 'secrets' }],
      ['Secrets of its node', { resource: 'secrets', node: CAPTURED }],
      ['ConfigMaps', { resource: 'configmaps' }],
      ['all pods', { resource: 'pods' }],
      ['another node’s pods', { resource: 'pods', node: OTHER }],
      ['all that nodes say', { resource: 'nodes' }],
      ['another node', { resource: 'nodes', node: OTHER }],
      ['namespaces', { resource: 'namespaces' }],
    ];

    it.each(CHANNELS)('%s: not of what there is, what happened, or how far it is', async (_, channel) => {
      const rightful: Channel = { resource: 'services' };
      for (const channels of [[channel], [rightful, channel]]) {
        for (const agent of AGENTS) {
          const { bus } = world.attackers[agent];
          const answers = [
            bus.ask(EventsQuery, { channels, after: 0 }),
            bus.ask(PositionQuery, { channels, hashes: true }),
            drain(bus.state({ channels })),
            drain(bus.state({ channels, at: world.began })),
          ];
          expect(await Promise.all(answers.map(refusalOf))).toEqual([403, 403, 403, 403]);
        }
      }
    });

    it('everything there is', async () => {
      for (const agent of AGENTS) {
        const { bus } = world.attackers[agent];
        const answers = [bus.ask(EventsQuery, { after: 0 }), drain(bus.state({}))];
        expect(await Promise.all(answers.map(refusalOf))).toEqual([403, 403]);
      }
    });

    it('the past of what it may read now', async () => {
      const channels: Channel[] = [{ resource: 'pods', node: CAPTURED }];
      expect(await refusalOf(drain(kubelet().state({ channels, at: world.began })))).toBe(403);
    });
  });

  it('what a minion has to know is still told', async () => {
    const own = channelsOf('kubelet', CAPTURED);
    expect(await drain(kubelet().state({ channels: own }))).toContain(world.mine.metadata!.uid);
    expect(await kubelet().ask(EventsQuery, { channels: own, after: world.began })).toHaveProperty('events');
    const { namespace } = world;
    const { uid } = world.mine.metadata!;
    const { object } = await kubelet().ask(ObjectQuery, {
      key: { resource: 'secrets', namespace, name: 'named' },
      for: { namespace, name: 'mine', uid: uid! },
    });
    expect(object).toMatchObject({ data: { word: 'bmFtZWQ=' } });
    const ear = await world.attackers.kubelet.listen(`shiplog.v1.commit.pods.${CAPTURED}`);
    expect(ear.refused).toBe(false);
    const routes = await drain(world.attackers.network.bus.state({ channels: channelsOf('network', CAPTURED) }));
    expect(routes).toContain(OTHER);
    expect(routes).not.toContain('allocatable');
    const slices: Channel[] = [{ resource: 'endpointslices.discovery.k8s.io' }];
    expect(await drain(world.attackers.proxy.bus.state({ channels: slices }))).toContain('channels');
  });

  it('nothing of all that has come into the log, and the cluster works', async () => {
    await world.unharmed();
    await world.works('after-all');
  });
});

/** A streamed answer to its end, as text. */
async function drain(chunks: AsyncIterable<object>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += JSON.stringify(chunk);
  return text;
}
