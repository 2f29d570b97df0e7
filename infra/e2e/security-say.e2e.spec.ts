import {
  type CommandReply,
  Detach,
  type Identity,
  inboxOf,
  LATER_CONSUMER,
  LATER_STREAM,
  type Node,
  type Principal,
  principalOf,
  subjects,
  type Fact,
  type ResourceId,
} from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { AGENTS, type Agent, CAPTURED, OTHER, SecurityWorld } from './support/security-world';

const SELF = principalOf({ role: 'kubelet', name: CAPTURED });
const NEIGHBOUR = principalOf({ role: 'kubelet', name: OTHER });
const ADMIN: Principal = { kind: 'user', name: 'admin' };
const JOURNAL: Principal = { kind: 'journal', name: 'main' };
const API: Principal = { kind: 'api', name: 'main' };
const API_INBOX = inboxOf({ role: 'api', name: 'main' });

const event = (node: string, fact: Fact, resource: ResourceId = 'pods'): string =>
  subjects.event({ resource, node, namespace: 'default', name: 'evil', fact });
/** Far beyond what recursion can go through. */
const DEPTH = 50_000;
const leadership = (service: string, ...member: string[]): string =>
  ['shiplog.v1.leadership', service, 'default', ...member].join('.');

/** What is said, who is captured, and under which subject. */
type Said = [what: string, agent: Agent, subject: string];

const REFUSED_TO_ALL: [what: string, subject: string][] = [
  ['an event of another node', event(OTHER, 'Created')],
  ['an event of its own node', event(CAPTURED, 'Scheduled')],
  ['an event of a Service', event('', 'Created', 'services')],
  ['a commit of another node’s pods', subjects.commit({ resource: 'pods', node: OTHER })],
  ['a commit of its own node’s pods', subjects.commit({ resource: 'pods', node: CAPTURED })],
  ['a commit of Services', subjects.commit({ resource: 'services' })],
  ['how far the log is, as the journal', subjects.signal('head', JOURNAL)],
  ['how far the log is, as itself', subjects.signal('head', SELF)],
  ['a heartbeat of another node', subjects.signal('heartbeat', NEIGHBOUR)],
  ['a note of another node', subjects.signal('note', NEIGHBOUR)],
  ['that it leads the controllers', leadership('controller')],
  ['that it leads the schedulers', leadership('scheduler')],
  ['a visit to who leads', leadership('controller', 'main')],
  ['detach to another node', subjects.node(OTHER, 'detach')],
  ['attach to another node', subjects.node(OTHER, 'attach')],
  ['a question for logs, to another node', subjects.node(OTHER, 'logs')],
  ['a question for logs, to its own', subjects.node(CAPTURED, 'logs')],
  ['that a Secret changed, to another node', subjects.node(OTHER, 'changed')],
  ['a command as the admin', subjects.command('CreateObject', ADMIN)],
  ['a batch as the admin', subjects.command('Batch', ADMIN)],
  ['a command as an api', subjects.command('CreateObject', API)],
  ['a command as the controller', subjects.command('PatchObject', { kind: 'controller', name: 'main' })],
  ['a command as another node', subjects.command('ReportPods', NEIGHBOUR)],
  ['a command that it has no right to', subjects.command('BindPods', SELF)],
  ['a replacement', subjects.command('ReplaceObject', SELF)],
  ['a deletion of all', subjects.command('DeleteCollection', SELF)],
  ['a command to be kept, as the admin', subjects.commandLater('CreateObject', ADMIN)],
  ['a command to be kept, as itself', subjects.commandLater('PatchObject', SELF)],
  ['a command on a subject that names no sender', 'shiplog.v1.command.CreateObject'],
  ['a batch on a subject that names no sender', 'shiplog.v1.command.Batch'],
  ['a command to be kept on a subject that names no sender', 'shiplog.v1.command.later.CreateObject'],
  ['a question on a subject that names no sender', 'shiplog.v1.query.state'],
  ['a question as an api', subjects.query('object', API)],
  ['a question as another node', subjects.query('events', NEIGHBOUR)],
  ['a question for the history', subjects.query('history', SELF)],
  ['a question for what became of a command', subjects.query('command', SELF)],
  ['an answer to an api that asked somebody else', `${API_INBOX}.evil.1`],
  ['an answer to the operator', `${inboxOf({ role: 'operator', name: 'launcher' })}.evil.1`],
  ['an acknowledgement to another node’s stream', subjects.streamControl(`kubelet.${OTHER}`, 'evil')],
  ['a question for everybody’s health', 'shiplog.v1.health'],
  ['a renewal of another node’s certificate', `shiplog.v1.renew.kubelet.${OTHER}`],
  ['a request to join', 'shiplog.v1.join.evil'],
  ['a stream of JetStream over commands', '$JS.API.STREAM.CREATE.EVIL'],
  ['a look at JetStream', '$JS.API.INFO'],
  ['a look at the stream of commands', `$JS.API.STREAM.INFO.${LATER_STREAM}`],
  ['a look into the stream of commands', `$JS.API.STREAM.MSG.GET.${LATER_STREAM}`],
  ['the end of the stream of commands', `$JS.API.STREAM.DELETE.${LATER_STREAM}`],
  ['another consumer of commands', `$JS.API.CONSUMER.CREATE.${LATER_STREAM}`],
  ['a take of the next command', `$JS.API.CONSUMER.MSG.NEXT.${LATER_STREAM}.${LATER_CONSUMER}`],
  ['that a command has been dealt with', `$JS.ACK.${LATER_STREAM}.${LATER_CONSUMER}.1.1.1.1.0`],
  ['a question to the NATS server itself', '$SYS.REQ.SERVER.PING'],
];

const REFUSED_TO_SOME: Said[] = [
  ['a heartbeat', 'network', subjects.signal('heartbeat', SELF)],
  ['a new object', 'network', subjects.command('CreateObject', SELF)],
  ['a question for an object', 'network', subjects.query('object', SELF)],
  ['attach', 'network', subjects.node(CAPTURED, 'attach')],
  ['a piece of an api’s stream', 'network', subjects.stream('api.main', 'evil')],
  ['any command', 'proxy', subjects.command('PatchObject', SELF)],
  ['a note', 'proxy', subjects.signal('note', SELF)],
  ['a question for an object', 'proxy', subjects.query('object', SELF)],
  ['detach', 'proxy', subjects.node(CAPTURED, 'detach')],
  ['a piece of an api’s stream', 'proxy', subjects.stream('api.main', 'evil')],
];

describe('with the credentials of a minion', () => {
  const world = new SecurityWorld('security-say');
  beforeAll(() => world.begin());
  afterAll(() => world.end());

  const kubelet = () => world.attackers.kubelet;
  const say = (agent: Agent, subject: string): Promise<boolean> => world.attackers[agent].say(subject);

  describe('the NATS server refuses to carry', () => {
    it.each(REFUSED_TO_ALL)('%s', async (_, subject) => {
      expect(await Promise.all(AGENTS.map((agent) => say(agent, subject)))).toEqual(AGENTS.map(() => true));
    });

    it.each(REFUSED_TO_SOME)('%s from its %s', async (_, agent, subject) => {
      expect(await say(agent, subject)).toBe(true);
    });

    it('all of that, and it is in its log under the attacker’s name', () => {
      expect(world.cluster.logOf('nats')).toMatch(/Publish Violation .*shiplog\.v1\.event\.pods\.minion-2/);
    });
  });

  describe('the journal refuses', () => {
    const evilPod = (node: string): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'evil', namespace: 'default' },
      spec: {
        nodeName: node,
        hostPID: true,
        volumes: [{ name: 'root', hostPath: { path: '/' } }],
        containers: [
          {
            name: 'c',
            image: 'busybox:1.36',
            command: ['sleep', '3600'],
            securityContext: { privileged: true },
            volumeMounts: [{ name: 'root', mountPath: '/host' }],
          },
        ],
      },
    });
    const create = (resource: ResourceId, namespace: string, object: object) =>
      ['CreateObject', { resource, namespace, object }] as const;
    const createPod = (node: string) => create('pods', 'default', evilPod(node));
    const patchNode = (name: string, patch: unknown, more: object = {}) =>
      ['PatchObject', { resource: 'nodes', namespace: '', name, patchType: 'merge', patch, ...more }] as const;
    const label = (key: string) => patchNode(CAPTURED, { metadata: { labels: { [key]: 'evil' } } });
    const deletePod = (name: string, uid: string | undefined) =>
      [
        'DeleteObject',
        {
          resource: 'pods',
          namespace: world.namespace,
          name,
          gracePeriodSeconds: 0,
          ...(uid === undefined ? {} : { preconditions: { uid } }),
        },
      ] as const;
    const status = { phase: 'Failed', podIP: '10.9.9.9', reason: 'Evil' };

    type Case = [what: string, command: () => readonly [type: string, data: unknown], envelope?: object];
    const CASES: Case[] = [
      ['a command of its own in the admin’s name', () => label('evil'), { actor: 'admin' }],
      ['one in a controller’s name', () => label('evil'), { actor: 'system:shiplog:controller' }],
      ['one in another node’s name', () => label('evil'), { actor: `system:node:${OTHER}` }],
      ['one with an id that a controller would choose', () => label('evil'), { id: 'rc.evil' }],
      ['a privileged pod with the disk of another node', () => createPod(OTHER)],
      ['the same on its own', () => createPod(CAPTURED)],
      ['the same, in the admin’s name', () => createPod(OTHER), { actor: 'admin' }],
      ['another Node', () => create('nodes', '', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'evil' } })],
      [
        'another node’s Lease',
        () =>
          create('leases.coordination.k8s.io', 'kube-node-lease', {
            apiVersion: 'coordination.k8s.io/v1',
            kind: 'Lease',
            metadata: { name: 'evil', namespace: 'kube-node-lease' },
          }),
      ],
      [
        'a Service',
        () =>
          create('services', 'default', {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'evil' },
            spec: { ports: [{ port: 80 }] },
          }),
      ],
      ['a label of another node', () => patchNode(OTHER, { metadata: { labels: { evil: 'yes' } } })],
      ['a status of another node', () => patchNode(OTHER, { status: { phase: 'evil' } }, { subresource: 'status' })],
      ['its own taints', () => patchNode(CAPTURED, { spec: { taints: null } })],
      ['its own podCIDR', () => patchNode(CAPTURED, { spec: { podCIDR: '0.0.0.0/1', podCIDRs: ['0.0.0.0/1'] } })],
      ['its own providerID', () => patchNode(CAPTURED, { spec: { providerID: 'evil' } })],
      [
        'a spec by way of its status',
        () => patchNode(CAPTURED, { spec: { podCIDR: '0.0.0.0/1' } }, { subresource: 'status' }),
      ],
      ['a label by which workloads are kept away from it', () => label('node-restriction.kubernetes.io/evil')],
      ['a label that makes it a master', () => label('node-role.kubernetes.io/control-plane')],
      ['an annotation of others', () => patchNode(CAPTURED, { metadata: { annotations: { evil: 'yes' } } })],
      ['an owner of its Node', () => patchNode(CAPTURED, { metadata: { ownerReferences: [] } })],
      ['a finalizer on its Node', () => patchNode(CAPTURED, { metadata: { finalizers: ['evil/evil'] } })],
      [
        'a JSON patch of its Node',
        () => patchNode(CAPTURED, [{ op: 'remove', path: '/spec/podCIDR' }], { patchType: 'json' }),
      ],
      [
        'a patch of its own pod',
        () => [
          'PatchObject',
          { resource: 'pods', namespace: world.namespace, name: 'mine', patchType: 'merge', patch: {} },
        ],
      ],
      [
        'a report in the name of another node',
        () => [
          'ReportPods',
          {
            node: OTHER,
            pods: [{ namespace: world.namespace, name: 'theirs', uid: world.theirs.metadata!.uid, status }],
          },
        ],
      ],
      ['the end of another node’s pod', () => deletePod('theirs', world.theirs.metadata!.uid)],
      ['the end of a pod that it does not tell by its uid', () => deletePod('theirs', undefined)],
      ['the end of its own pod before its time', () => deletePod('mine', world.mine.metadata!.uid)],
      [
        'the end of a Secret',
        () => ['DeleteObject', { resource: 'secrets', namespace: world.namespace, name: 'hidden' }],
      ],
      ['the end of another Node', () => ['DeleteObject', { resource: 'nodes', namespace: '', name: OTHER }]],
      [
        'the end of a namespace',
        () => ['DeleteObject', { resource: 'namespaces', namespace: '', name: world.namespace }],
      ],
    ];

    it.each(CASES)('%s, alone and within a batch', async (_, command, envelope: object = {}) => {
      const [type, data] = command();
      expect(await kubelet().command(type, data, envelope)).toBe(403);
      const rightful = kubelet().envelope('ReportPods', { node: CAPTURED, pods: [] });
      expect(await kubelet().batch(rightful, kubelet().envelope(type, data, envelope))).toEqual(['done', 403]);
    });

    it('a patch of another node by the network’s agent', async () => {
      const [type, data] = patchNode(OTHER, {
        metadata: { annotations: { 'flannel.alpha.coreos.com/public-ip': '1.2.3.4' } },
      });
      expect(await world.attackers.network.command(type, data)).toBe(403);
    });

    it('a batch within a batch, and what is no command', async () => {
      const [type, data] = createPod(OTHER);
      const nested = { ...kubelet().envelope('Batch', {}), data: [kubelet().envelope(type, data)] };
      expect(await kubelet().batch(nested, [kubelet().envelope(type, data)], null)).toEqual([400, 400, 400]);
    });

    it('a report of its own about a pod that is not its', async () => {
      const pods = [{ namespace: world.namespace, name: 'theirs', uid: world.theirs.metadata!.uid, status }];
      const reply = await kubelet().request(
        subjects.command('ReportPods', kubelet().principal),
        kubelet().envelope('ReportPods', { node: CAPTURED, pods }),
      );
      expect(reply).toMatchObject({ results: [{ ok: false }] });
    });
  });

  describe('nobody is made to speak for it', () => {
    const API_ITSELF: Identity = { role: 'api', name: 'main' };
    const KUBELET: Identity = { role: 'kubelet', name: OTHER };
    const REPLIES: [what: string, reply: string, listener: Identity][] = [
      ['the subject of a commit', subjects.commit({ resource: 'pods', node: OTHER }), KUBELET],
      ['the head’s subject', subjects.signal('head', JOURNAL), KUBELET],
      ['another node’s heartbeat', subjects.signal('heartbeat', NEIGHBOUR), API_ITSELF],
      ['a command of the admin’s', subjects.command('CreateObject', ADMIN), { role: 'journal', name: 'main' }],
      ['an api’s inbox', `${API_INBOX}.evil.1`, API_ITSELF],
      ['another node’s inbox', `${inboxOf(KUBELET)}.evil.1`, KUBELET],
      ['an api’s stream', subjects.stream('api.main', 'evil'), API_ITSELF],
    ];

    it.each(REPLIES)('by a question whose answer is to go to %s', async (_, reply, listener) => {
      const bus = await world.cluster.bus(listener);
      const answers: string[] = [];
      bus.listen(reply, (message) => {
        if (/"(ok|failed|position|objects)":/.test(message.string())) answers.push(message.string());
      });
      await bus.connection.flush();
      const self = kubelet();
      const patch = self.envelope('PatchObject', {
        resource: 'nodes',
        namespace: '',
        name: CAPTURED,
        patchType: 'merge',
        patch: { metadata: { labels: {} } },
      });
      await self.say(subjects.command('PatchObject', self.principal), patch, reply);
      await self.say(subjects.command('Batch', self.principal), [patch], reply);
      await self.say(subjects.command('CreateObject', self.principal), {}, reply);
      await self.say(subjects.query('position', self.principal), {}, reply);
      await self.say(subjects.query('state', self.principal), { channels: [{ resource: 'nodes' }] }, reply);
      // Whoever had answered those has done so once it has answered this.
      expect(await self.batch(patch)).toEqual(['done']);
      await bus.connection.flush();
      expect(answers.filter((text) => !isHead(text))).toEqual([]);
    });

    it('by its own node’s network, which answers its kubelet', async () => {
      const reply = subjects.commit({ resource: 'pods', node: OTHER });
      const bus = await world.cluster.bus({ role: 'kubelet', name: OTHER });
      const answers: string[] = [];
      bus.listen(reply, (message) => answers.push(message.subject));
      await bus.connection.flush();
      const uid = world.theirs.metadata!.uid!;
      expect(await kubelet().say(subjects.node(CAPTURED, 'detach'), { uid }, reply)).toBe(false);
      expect(await kubelet().bus.ask(Detach, { uid }, { node: CAPTURED })).toEqual({});
      await bus.connection.flush();
      expect(answers).toEqual([]);
    });

    /** What the journal tells there unasked. */
    const isHead = (text: string): boolean =>
      Object.keys((JSON.parse(text) as { channels?: object }).channels ?? {}).length > 0;
  });

  describe('what it says of itself harms nobody else', () => {
    it('a pod’s address that is none is refused: it would spoil the endpoints of its Services', async () => {
      const of = { namespace: world.namespace, name: 'mine', uid: world.mine.metadata!.uid };
      const pods = [{ ...of, status: { podIP: '10.9.9.9\nEND-OF-INPUT\ntouch /evil' } }];
      const reply = await kubelet().request(
        subjects.command('ReportPods', kubelet().principal),
        kubelet().envelope('ReportPods', { node: CAPTURED, pods }),
      );
      expect(reply).toMatchObject({ results: [{ ok: false, status: { code: 422 } }] });
    });

    it('an address of its node that is none leaves the networks of the others at work', async () => {
      const key = 'flannel.alpha.coreos.com/public-ip';
      const annotation = async (): Promise<string | undefined> =>
        (await world.cluster.api.get<Node>(`/api/v1/nodes/${CAPTURED}`)).metadata?.annotations?.[key];
      const before = await annotation();
      const data = { resource: 'nodes', namespace: '', name: CAPTURED, patchType: 'merge' };
      for (const evil of ['nowhere', '1.2.3.4\nfdb add 00:00:00:00:00:01 dev flannel.1 dst 1.2.3.4']) {
        const patch = { metadata: { annotations: { [key]: evil } } };
        expect(await kubelet().command('PatchObject', { ...data, patch })).toBe('done');
        await world.cluster.allReady();
        expect(await world.cluster.kubectl('-n', world.namespace, 'logs', 'theirs', '--tail=1')).toContain('line');
      }
      // Its own agent of the network sees to it that the truth is told again.
      await eventually(async () => (await annotation()) === before, { timeoutMs: 30_000 });
    });

    it('a patch nested without end is an error of its own', async () => {
      const deep = `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`;
      const data = {
        resource: 'nodes',
        namespace: '',
        name: CAPTURED,
        patchType: 'merge',
        patch: 'DEEP',
        subresource: 'status',
      };
      const text = JSON.stringify(kubelet().envelope('PatchObject', data)).replace('"DEEP"', `{"status":${deep}}`);
      const subject = subjects.command('PatchObject', kubelet().principal);
      const reply = await kubelet().connection.request(subject, Buffer.from(text), { timeout: 10_000 });
      expect(reply.json<CommandReply>()).toMatchObject({ ok: false });
    });
  });

  it('what a minion has to say is still carried and done', async () => {
    const { kubelet: self, network, proxy } = world.attackers;
    expect(await self.say(subjects.signal('heartbeat', SELF), { time: new Date().toISOString() })).toBe(false);
    expect(await self.command('ReportPods', { node: CAPTURED, pods: [] })).toBe('done');
    const same = { resource: 'nodes', namespace: '', name: CAPTURED, patchType: 'merge', patch: { status: {} } };
    expect(await self.command('PatchObject', { ...same, subresource: 'status' })).toBe('done');
    expect(await network.command('PatchObject', { ...same, patch: { metadata: { annotations: {} } } })).toBe('done');
    expect(await proxy.say(subjects.query('position', SELF), {}, proxy.ownInbox())).toBe(false);
  });

  it('nothing of all that has come into the log or runs anywhere, and the cluster works', async () => {
    await world.unharmed();
    await world.works('after-all');
    await eventually(() => world.cluster.allReady().then(() => true));
  });
});
