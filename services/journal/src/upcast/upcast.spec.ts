import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ClusterState, hashCluster } from '@shiplog/cluster';
import { EVENT_FORMAT, eventType } from '@shiplog/contracts';
import { soundObject } from '@shiplog/admission';
import { eventOfFields } from '../database/event-row';
import { upcast, UnreadableEvent, type LoggedEvent } from './upcast';

const RECORDINGS = join(__dirname, '../../recordings');
const releases = readdirSync(RECORDINGS)
  .filter((file) => file.endsWith('.tsv.gz'))
  .map((file) => file.replace('.tsv.gz', ''));

function linesOf(release: string): string[] {
  return gunzipSync(readFileSync(join(RECORDINGS, `${release}.tsv.gz`)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
}

function fold(lines: readonly string[]): string {
  const state = new ClusterState();
  for (const line of lines) state.apply(eventOfFields(line.split('\t')));
  return hashCluster(state);
}

describe.each(releases)('the log that release %s wrote', (release) => {
  const recorded = readFileSync(join(RECORDINGS, `${release}.hash`), 'utf8').trim();

  it('folds to the state that release had', () => {
    expect(fold(linesOf(release))).toBe(recorded);
  });

  it('holds only objects that readers act upon, at every position', () => {
    const state = new ClusterState();
    const refused = linesOf(release).flatMap((line) => {
      const { event, after } = state.apply(eventOfFields(line.split('\t')));
      const wrong = after === undefined ? undefined : soundObject(event.resource, after);
      return wrong === undefined ? [] : [`${event.position} ${eventType(event)}: ${wrong}`];
    });
    expect(refused).toEqual([]);
  });

  it('has an event of nearly every name, so that each is proved readable', () => {
    expect(new Set(linesOf(release).map((line) => line.split('\t')[2])).size).toBeGreaterThan(25);
  });

  it('folds to another state when one letter of it is altered', () => {
    const altered = linesOf(release).map((line) => line.replace('"one"', '"two"'));
    expect(fold(altered)).not.toBe(recorded);
  });

  it('does not fold, or folds to another state, when an event is missing', () => {
    const lines = linesOf(release);
    const created = lines.findIndex((line) => line.includes('ReplicationControllerCreated'));
    expect(() => fold(lines.filter((_, i) => i !== created))).toThrow('changes an object that is not there');
  });
});

describe('an event of an old format', () => {
  const event: LoggedEvent = {
    position: 7,
    type: 'PodReady',
    version: 0,
    resource: 'pods',
    data: { facts: { ready: 1 } },
  };
  const upcasters = {
    0: <E extends LoggedEvent>(old: E): E => ({ ...old, data: { facts: { ready: true } } }),
    1: <E extends LoggedEvent>(old: E): E => ({ ...old, type: 'Ready' }),
  };

  it('is read as one of the format of today, step by step', () => {
    const read = upcast(event, upcasters);
    expect(read).toMatchObject({ version: EVENT_FORMAT, type: 'Ready', data: { facts: { ready: true } } });
  });

  it('without an upcaster stops the reader, which says where', () => {
    expect(() => upcast(event, {})).toThrow(UnreadableEvent);
    expect(() => upcast(event, {})).toThrow('event 7 (PodReady, format 0): no upcaster leads on from this format');
  });

  it('of a format yet to come stops it too', () => {
    expect(() => upcast({ ...event, version: 99 })).toThrow('a newer Shiplog wrote it');
  });
});
