import type { AppliedEvent } from '@shiplog/cluster';
import { EVENT_FORMAT, type Changes, type CommitPart, type LogEvent, type StoredObject } from '@shiplog/contracts';
import { pino } from 'pino';
import { ChannelHeads } from './channel-heads';
import { Publisher } from './publisher';

const applied = (position: number, actor: string): AppliedEvent => {
  const after = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } as unknown as StoredObject;
  const about = { resource: 'configmaps', namespace: 'default', name: 'a', uid: 'u', node: '' } as const;
  const event: LogEvent = {
    position,
    time: '2026-01-01T00:00:00.000Z',
    fact: 'Created',
    version: EVENT_FORMAT,
    ...about,
    actor,
    commandId: 'c',
    commandSeq: 0,
    data: {},
  };
  return { event, before: undefined, after };
};

/** What a publisher says, by subject. */
function publisherWith(heads = new ChannelHeads(), cloudEvents = true) {
  const said: { subject: string; payload: Uint8Array; headers?: string }[] = [];
  const connection = {
    publish: (subject: string, payload: Uint8Array, options?: { headers: { encode(): Uint8Array } }) => {
      const headers = options === undefined ? undefined : Buffer.from(options.headers.encode()).toString();
      said.push({ subject, payload, headers });
    },
  };
  const publisher = new Publisher(connection as never, heads, 1, pino({ level: 'silent' }), { cloudEvents });
  const publish = (...commit: AppliedEvent[]) =>
    publisher.publish(
      commit,
      commit.map(({ event }) => JSON.stringify(event.data)),
    );
  const parts = () =>
    said
      .filter(({ subject }) => subject.startsWith('shiplog.v1.commit.'))
      .map(({ subject, payload }) => ({ subject, part: JSON.parse(Buffer.from(payload).toString()) as CommitPart }));
  return { said, publish, parts };
}

const boundPod = (position: number, node: string): AppliedEvent => {
  const { event, after } = applied(position, 'admin');
  const about = { resource: 'pods', node } as const;
  return { event: { ...event, ...about, fact: 'Scheduled' }, before: after, after };
};

describe('the publisher', () => {
  it('passes over an event that no CloudEvent can hold; the next one names it as its predecessor, so readers notice', () => {
    const { said, publish } = publisherWith();
    for (const [position, actor] of [
      [1, 'admin'],
      [2, 'half a pair: \ud800'],
      [3, 'admin'],
    ] as const)
      publish(applied(position, actor));
    const prevs = said
      .map(({ headers }) => /ce-prev: (\d+)/.exec(headers ?? '')?.[1])
      .filter((prev) => prev !== undefined);
    expect(prevs).toEqual(['0', '2']);
  });

  it('says a commit once in each channel that it touches, nodes’ first, with what came before it in all', () => {
    const { publish, parts } = publisherWith(new ChannelHeads({ configmaps: 3, pods: 4, nodes: 2, 'pods@n1': 1 }));
    publish(applied(5, 'admin'), boundPod(6, 'n1'), boundPod(7, 'n2'), applied(8, 'admin'));
    const heads = { configmaps: 3, pods: 4, nodes: 2 };
    const about = { epoch: 1, from: 5, to: 8 };
    const channels = ['configmaps', 'pods'];
    expect(
      parts().map(({ subject, part: { events, entering, ...rest } }) => [
        subject.replace('shiplog.v1.commit.', ''),
        events.map(({ position }) => position),
        Object.keys(entering ?? {}),
        rest,
      ]),
    ).toEqual([
      ['pods.n1', [6], ['6'], { ...about, channels: [...channels, 'pods@n1'], heads: { ...heads, 'pods@n1': 1 } }],
      ['pods.n2', [7], ['7'], { ...about, channels: [...channels, 'pods@n2'], heads }],
      ['configmaps', [5, 8], [], { ...about, channels, heads }],
      ['pods', [6, 7], [], { ...about, channels, heads }],
    ]);
  });

  it('says of a node only what is new of its routes to the other nodes, and all of it to itself', () => {
    const { publish, parts } = publisherWith(new ChannelHeads({ nodes: 2, 'nodes@n1': 2, 'nodes/routes': 1 }));
    const said = (changes: Changes): [string, readonly Changes[]][] => {
      const { event, after } = applied(parts().length + 3, 'admin');
      const ofNode = { resource: 'nodes', namespace: '', name: 'n1', node: 'n1', fact: 'StatusChanged' } as const;
      const before = { ...after, metadata: { name: 'n1' } } as StoredObject;
      const known = parts().length;
      publish({ event: { ...event, ...ofNode, data: { changes } }, before, after: before });
      return parts()
        .slice(known)
        .map(({ subject, part }) => [
          subject.replace('shiplog.v1.commit.', ''),
          part.events.map(({ data }) => data.changes ?? {}),
        ]);
    };
    const pulse = { status: { in: { images: { set: [] } } } };
    const moved = { status: { in: { images: { set: [] }, addresses: { set: [] } } } };
    expect(said(pulse).map(([subject]) => subject)).toEqual(['nodes.n1', 'nodes']);
    expect(said(moved)).toEqual([
      ['nodes.n1', [moved]],
      ['nodes', [moved]],
      ['nodes._.routes', [{ status: { in: { addresses: { set: [] } } } }]],
    ]);
    expect(parts().at(-1)?.part).toMatchObject({
      channels: ['nodes', 'nodes/routes'],
      heads: { nodes: 3, 'nodes/routes': 1 },
    });
    expect(said(moved)).toHaveLength(3);
    expect(parts().at(-1)?.part.heads).toMatchObject({ 'nodes/routes': 5 });
  });

  it('says in the part of a node’s channel which others of the node have one, and what came before in all of them', () => {
    const { publish, parts } = publisherWith(new ChannelHeads({ 'pods@n1': 1, 'nodes@n1': 2 }));
    const { event, after } = boundPod(6, 'n1');
    publish(boundPod(5, 'n1'), { event: { ...event, resource: 'nodes', name: 'n1' }, before: after, after });
    const [pods, nodes] = parts();
    expect([pods?.subject, nodes?.subject]).toEqual(['shiplog.v1.commit.pods.n1', 'shiplog.v1.commit.nodes.n1']);
    for (const part of [pods?.part, nodes?.part]) {
      expect(part?.channels).toEqual(['pods', 'nodes', 'pods@n1', 'nodes@n1']);
      expect(part?.heads).toEqual({ 'pods@n1': 1, 'nodes@n1': 2 });
    }
  });

  it('says each event by itself only where that is wanted', () => {
    const { said, publish } = publisherWith(new ChannelHeads(), false);
    publish(applied(1, 'admin'), applied(2, 'admin'));
    expect(said.map(({ subject }) => subject)).toEqual(['shiplog.v1.commit.configmaps']);
  });

  it('says a commit that is too much for a message in shares, each as if it were one', () => {
    const { publish, parts } = publisherWith();
    const large = (position: number): AppliedEvent => {
      const one = applied(position, 'admin');
      return { ...one, event: { ...one.event, data: { facts: { text: 'x'.repeat(100_000) } } } };
    };
    publish(...[1, 2, 3, 4, 5].map(large));
    expect(parts().map(({ part: { from, to, heads } }) => [from, to, heads['configmaps'] ?? 0])).toEqual([
      [1, 2, 0],
      [3, 4, 2],
      [5, 5, 4],
    ]);
  });
});
