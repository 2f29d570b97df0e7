import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ADMINISTRATOR } from '../actors';
import type { Channel } from '../queries';
import { subjects, subjectToken } from '../subjects';
import { anyName } from '../testing/any-name';
import { allows, overlap } from '../testing/nats-patterns';
import {
  addressOf,
  channelsOf,
  hearsEverything,
  inboxOf,
  isAgent,
  MESSAGES,
  NodeHead,
  permissionsOf,
  permissionsOfHollow,
  principalOf,
  ROLES,
  SERVICE_ROLES,
  type Identity,
  type Message,
  type Role,
} from '.';

const GOLDEN = join(__dirname, 'testing', 'permissions.txt');

const allowed = (side: { readonly allow: readonly string[] } | { readonly deny: readonly string[] }) =>
  'allow' in side ? side.allow : [];
const publishes = (identity: Identity) => allowed(permissionsOf(identity).publish);
const hears = (identity: Identity) => allowed(permissionsOf(identity).subscribe);

/** Every role's permissions, for people to read when they change; NAME stands for the identity's name. */
function table(): string {
  return ROLES.map((role) => {
    const { publish, subscribe, allow_responses: responses } = permissionsOf({ role, name: 'NAME' });
    const answers =
      responses === undefined
        ? 'has no leave to answer beyond what it says'
        : `answers ${responses.max} time within ${responses.expires}`;
    const lines = [...allowed(publish).map((s) => `  says  ${s}`), ...allowed(subscribe).map((s) => `  hears ${s}`)];
    return `${role}: ${answers}\n${lines.join('\n')}\n`;
  }).join('\n');
}

describe('the permissions of each role', () => {
  it('are to hear how far its node’s channels are for each that hears any of them', () => {
    const hearing = SERVICE_ROLES.filter((role) => channelsOf(role, 'n').some((channel) => 'node' in channel));
    expect([...NodeHead.answeredBy].sort()).toEqual(hearing.sort());
  });

  it('are those of the table; after a change of the declarations, UPDATE_GOLDEN=1 writes it anew, to be read', () => {
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, table());
    expect(table()).toBe(readFileSync(GOLDEN, 'utf8'));
  });
});

const anyRole = fc.constantFrom(...ROLES);
const anyIdentity: fc.Arbitrary<Identity> = fc.record({ role: anyRole, name: anyName });
const notJournal = anyIdentity.filter(({ role }) => role !== 'journal');
const twoNames = fc.tuple(anyName, anyName).filter(([item, other]) => item !== other);
const anyAgent = fc.constantFrom<Role>('kubelet', 'network', 'proxy');

/** The patterns of a list that overlap one of some others: what the spec shows when it fails. */
const overlapping = (patterns: readonly string[], forbidden: readonly string[]) =>
  patterns.filter((pattern) => forbidden.some((other) => overlap(pattern, other)));

describe('whoever is not the journal', () => {
  const check = (forbidden: (identity: Identity) => string[], of = publishes) =>
    fc.assert(
      fc.property(notJournal, (identity) => {
        expect(overlapping(of(identity), forbidden(identity))).toEqual([]);
      }),
    );

  it('publishes no event and no head of the log', () => {
    check(() => ['shiplog.v1.event.>', 'shiplog.v1.commit.>', 'shiplog.v1.signal.head.>']);
  });

  it('tells no kubelet that what its pods name has changed', () => {
    check(() => ['shiplog.v1.node.*.changed']);
  });

  it('has nothing to do with JetStream, and the system account', () => {
    check(() => ['$JS.>', '$SYS.>', '$KV.>', '$O.>']);
    check(() => ['$JS.>', '$SYS.>', '$KV.>', '$O.>'], hears);
  });

  it('publishes to no inbox, but for the operator, who answers machines that join and nodes that renew', () => {
    check(({ role }) =>
      role === 'operator'
        ? ROLES.filter((of) => !isAgent(of) && of !== 'bootstrap').map((of) => `_INBOX.${of}.>`)
        : ['_INBOX.>'],
    );
  });

  it('hears no command and no question', () => {
    check(() => ['shiplog.v1.command.>', 'shiplog.v1.query.>'], hears);
  });
});

describe('everybody', () => {
  it('has no wildcard in place of an area, a purpose or a sender', () => {
    fc.assert(
      fc.property(anyIdentity, (identity) => {
        for (const pattern of [...publishes(identity), ...hears(identity)]) {
          const [root = '', version = '', area = ''] = pattern.split('.');
          if (root.startsWith('$') || root === '_INBOX') continue;
          expect([root, version]).toEqual(['shiplog', 'v1']);
          expect(area).toMatch(/^[a-z]+$/);
        }
      }),
    );
  });

  it('hears its own inbox', () => {
    fc.assert(
      fc.property(anyIdentity, (identity) => expect(allows(hears(identity), `${inboxOf(identity)}.x`)).toBe(true)),
    );
  });

  it("listens to nobody else's inbox, and nobody else's end of a stream", () => {
    fc.assert(
      fc.property(anyIdentity, anyIdentity, (identity, other) => {
        fc.pre(addressOf(identity) !== addressOf(other));
        const private_ = [
          `${inboxOf(other)}.>`,
          subjects.stream(addressOf(other), '>'),
          subjects.streamControl(addressOf(other), '>'),
        ];
        expect(overlapping(hears(identity), private_)).toEqual([]);
      }),
    );
  });

  it('speaks under no name but its own', () => {
    fc.assert(
      fc.property(anyIdentity, anyIdentity, (identity, other) => {
        const [own, theirs] = [principalOf(identity), principalOf(other)];
        fc.pre(own.kind !== theirs.kind || own.name !== theirs.name);
        const named = `${theirs.kind}.${subjectToken(theirs.name)}`;
        const vouched = ['command.as', 'command.later', 'query.as', 'signal.*'].map(
          (way) => `shiplog.v1.${way}.${named}.>`,
        );
        // Signals end with the name.
        expect(overlapping(publishes(identity), [...vouched, `shiplog.v1.signal.*.${named}`])).toEqual([]);
      }),
    );
  });
});

describe('the agents of a node', () => {
  const alien = (name: string) => [
    `shiplog.v1.node.${subjectToken(name)}.>`,
    ...['pods', 'nodes', 'secrets', 'configmaps'].map(
      (resource) => `shiplog.v1.commit.${resource}.${subjectToken(name)}`,
    ),
    'shiplog.v1.event.>',
    ...['kubelet', 'network', 'proxy'].map((role) => `shiplog.v1.renew.${role}.${subjectToken(name)}`),
    `shiplog.v1.token.as.node.${subjectToken(name)}`,
    ...['kubelet', 'network', 'proxy'].map((role) => `shiplog.v1.health.${role}.${subjectToken(name)}`),
  ];

  it("have no subject of another node, whatever the nodes' names", () => {
    fc.assert(
      fc.property(anyAgent, twoNames, (role, [name, other]) => {
        expect(overlapping(publishes({ role, name }), alien(other))).toEqual([]);
        expect(overlapping(hears({ role, name }), alien(other))).toEqual([]);
      }),
    );
  });

  it('hear neither all that nodes say nor all that pods do: it would grow with the square of their number', () => {
    fc.assert(
      fc.property(anyAgent, anyName, (role, name) => {
        const forbidden = ['nodes', 'pods'].map((resource) => subjects.commit({ resource } as Channel));
        expect(overlapping(hears({ role, name }), forbidden)).toEqual([]);
      }),
    );
  });

  it("hear no Secret, no ConfigMap and nobody else's signals", () => {
    fc.assert(
      fc.property(anyAgent, anyName, (role, name) => {
        const forbidden = ['event', 'commit'].flatMap((way) =>
          ['secrets', 'configmaps'].flatMap((resource) => [
            `shiplog.v1.${way}.${resource}.>`,
            `shiplog.v1.${way}.${resource}`,
          ]),
        );
        const signals = ['heartbeat', 'note'].map((signal) => `shiplog.v1.signal.${signal}.>`);
        expect(overlapping(hears({ role, name }), [...forbidden, ...signals])).toEqual([]);
      }),
    );
  });
});

describe('the permissions suffice', () => {
  const senders = MESSAGES.flatMap((message) => message.from.map((role) => [message, role] as const));
  const listeners = (message: Message): readonly Role[] => {
    if (message.kind === 'signal') return message.heardBy;
    return [...message.answeredBy, ...('heardBy' in message ? (message.heardBy ?? []) : [])];
  };
  /** What the bus publishes for it. */
  const subjectOf = (message: Message, from: Identity, to: Identity): string => {
    const principal = principalOf(from);
    switch (message.kind) {
      case 'command':
        return subjects.command(message.name, principal);
      case 'query':
        return subjects.query(message.name, principal);
      case 'signal':
        return subjects.signal(message.name, principal);
      case 'node':
        return subjects.node(to.name, message.name);
      case 'process':
        return subjects.process(message.address, {
          service: to.role,
          component: to.role,
          instance: to.name,
          scope: 'scope',
          member: 'member',
          token: from.name,
          role: from.role,
          name: from.name,
          senderKind: principal.kind,
          senderName: principal.name,
        });
    }
  };

  it('every sender may send what it is declared to send, and who answers or hears it may listen there', () => {
    fc.assert(
      fc.property(fc.constantFrom(...senders), anyName, anyName, ([message, fromRole], fromName, toName) => {
        const from = { role: fromRole, name: fromName };
        for (const toRole of listeners(message)) {
          // An agent asks the agents of its own node; members of a leadership are of one service.
          const isSameNode = message.kind === 'node' && isAgent(fromRole);
          const to = { role: toRole, name: isSameNode ? fromName : toName };
          if (message.kind === 'process' && message.name.startsWith('leadership') && toRole !== fromRole) continue;
          const subject = subjectOf(message, from, to);
          expect([message.name, subject, allows(publishes(from), subject)]).toEqual([message.name, subject, true]);
          expect([message.name, subject, allows(hears(to), subject)]).toEqual([message.name, subject, true]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('streams reach their readers, and their readers reach who writes them', () => {
    const streamed = MESSAGES.filter((message) => message.kind === 'query' || message.kind === 'node').filter(
      (message) => message.streamed,
    );
    expect(streamed.map(({ name }) => name)).toEqual(['state', 'logs', 'page', 'exec', 'attachcontainer', 'dial']);
    fc.assert(
      fc.property(fc.constantFrom(...streamed), anyName, anyName, (message, readerName, writerName) => {
        for (const reader of message.from.map((role) => ({ role, name: readerName }))) {
          for (const writer of message.answeredBy.map((role) => ({ role, name: writerName }))) {
            const chunks = subjects.stream(addressOf(reader), 'id');
            const control = subjects.streamControl(addressOf(writer), 'id');
            expect(allows(publishes(writer), chunks) && allows(hears(reader), chunks)).toBe(true);
            expect(allows(publishes(reader), control) && allows(hears(writer), control)).toBe(true);
            if (!('duplex' in message)) continue;
            const back = subjects.stream(addressOf(writer), 'id');
            const backControl = subjects.streamControl(addressOf(reader), 'id');
            expect(allows(publishes(reader), back) && allows(hears(writer), back)).toBe(true);
            expect(allows(publishes(writer), backControl) && allows(hears(reader), backControl)).toBe(true);
          }
        }
      }),
    );
  });

  it('another user hears nothing of what happens: NATS knows no rights to single objects', () => {
    fc.assert(
      fc.property(anyName, anyName, (name, object) => {
        fc.pre(name !== ADMINISTRATOR);
        const event = subjects.event({ resource: object, node: '', namespace: object, name: object, fact: 'Created' });
        for (const subject of [event, subjects.commit({ resource: object })]) {
          expect(allows(hears({ role: 'user', name }), subject)).toBe(false);
        }
      }),
    );
  });

  it('whoever reads a channel hears its commits, and the administrator each event by itself', () => {
    fc.assert(
      fc.property(anyRole, anyName, anyName, (role, any, object) => {
        const name = role === 'user' ? ADMINISTRATOR : any;
        const channels = hearsEverything(role) ? [{ resource: object }] : channelsOf(role, name);
        for (const channel of channels) {
          expect(allows(hears({ role, name }), subjects.commit(channel))).toBe(true);
          const { resource, node = '' } = channel;
          const event = subjects.event({ resource, node, namespace: object, name: object, fact: 'Created' });
          expect(allows(hears({ role, name }), event)).toBe(role === 'user');
        }
      }),
    );
  });
});

describe('the permissions of a process that is many hollow nodes', () => {
  const process: Identity = { role: 'kubelet', name: 'hollow' };
  const { publish, subscribe: heard } = permissionsOfHollow(process, ['hollow-1', 'hollow-2']);
  const says = (subject: string) => allows(allowed(publish), subject);
  const hearsOf = (subject: string) => allows(allowed(heard), subject);

  it('are those of each of its nodes', () => {
    for (const name of ['hollow-1', 'hollow-2']) {
      expect(says(subjects.command('ReportPods', principalOf({ role: 'kubelet', name })))).toBe(true);
      expect(hearsOf(subjects.commit({ resource: 'pods', node: name }))).toBe(true);
      expect(hearsOf(subjects.node(name, 'logs'))).toBe(true);
      expect(hearsOf(`${inboxOf({ role: 'kubelet', name })}.x`)).toBe(true);
    }
  });

  it('are to speak as none else, not even as a node of its own name, and to hear of no other node', () => {
    for (const name of ['hollow', 'hollow-3', 'minion-1']) {
      expect(says(subjects.command('ReportPods', principalOf({ role: 'kubelet', name })))).toBe(false);
      expect(hearsOf(subjects.node(name, 'logs'))).toBe(false);
    }
    expect(hearsOf(subjects.commit({ resource: 'pods', node: 'minion-1' }))).toBe(false);
    expect(hearsOf(subjects.commit({ resource: 'pods' }))).toBe(false);
  });

  it('are to ask no network agent for anything', () => {
    expect(says(subjects.node('hollow-1', 'attach'))).toBe(false);
  });
});
