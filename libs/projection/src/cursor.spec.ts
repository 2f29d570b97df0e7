import type { CommitPart } from '@shiplog/contracts';
import { Cursor, Cursors } from './cursor';
import { Reassembly } from './reassembly';

const part = (more: Partial<CommitPart>): CommitPart => ({
  epoch: 1,
  from: 6,
  to: 7,
  channels: ['pods'],
  heads: { pods: 5 },
  events: [],
  ...more,
});

describe('who follows whatever there is', () => {
  it('waits for the part of a resource that it never heard of, which another part names', () => {
    const cursors = new Cursors('all');
    const pods = cursors.of('pods', 5)!;
    const first = part({ channels: ['pods', 'crontabs.example.com'] });
    cursors.meet(first, 5);
    const commit = new Reassembly(first.from);
    commit.add({ cursor: pods, part: first });
    expect(commit.isWhole(cursors.ofResources, first)).toBe(false);
    commit.add({ cursor: cursors.of('crontabs.example.com', 5)!, part: first });
    expect(commit.isWhole(cursors.ofResources, first)).toBe(true);
  });

  it('has missed events of a resource that it never heard of, where a part says that there were some', () => {
    const cursors = new Cursors('all');
    cursors.of('pods', 5)!.last = 5;
    const next = part({ heads: { pods: 5, 'crontabs.example.com': 4 } });
    cursors.meet(next, 5);
    expect(cursors.all.filter((cursor) => cursor.isBehind(next)).map(({ name }) => name)).toEqual([
      'crontabs.example.com',
    ]);
  });

  it('follows nothing more, when it follows some channels', () => {
    const cursors = new Cursors([{ resource: 'pods' }]);
    cursors.meet(part({ channels: ['pods', 'nodes'], heads: { nodes: 3 } }), 5);
    expect(cursors.all.map(({ name }) => name)).toEqual(['pods']);
  });

  it('follows no channel that has only a part of what others have', () => {
    const cursors = new Cursors('all');
    cursors.meet(part({ channels: ['pods', 'pods@n1', 'nodes/routes'], heads: { 'nodes/routes': 3 } }), 5);
    expect(cursors.all.map(({ name }) => name)).toEqual(['pods']);
  });
});

describe('a cursor', () => {
  const at = (last: number, upTo: number): Cursor => Object.assign(new Cursor({ resource: 'pods' }), { last, upTo });

  it.each([
    ['where it is itself', at(5, 9), 5, false],
    ['of an event that it has yet to read', at(5, 9), 10, false],
    ['of one where it knows that there was none', at(5, 9), 7, true],
    ['of none after the one before its own', at(5, 9), 3, true],
  ])('takes the journal’s word %s', (_, cursor, last, isWrong) => {
    expect(cursor.contradicts(last)).toBe(isWrong);
  });
});
