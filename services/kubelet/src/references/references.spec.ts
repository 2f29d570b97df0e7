import { BusUnavailable, type Bus } from '@shiplog/bus';
import { StatusError, type KubeStatus, type PayloadOf, type ObjectQuery } from '@shiplog/contracts';
import { pino } from 'pino';
import type { Pod } from '../domain/pod';
import type { Notes } from '../status/notes';
import { pod } from '../testing/builders';
import { ReferenceQuery } from './reference-query';
import { References } from './references';

type Question = PayloadOf<typeof ObjectQuery>;

const KINDS: Readonly<Record<string, string>> = {
  secrets: 'Secret',
  configmaps: 'ConfigMap',
  persistentvolumeclaims: 'PersistentVolumeClaim',
  persistentvolumes: 'PersistentVolume',
};

/** A journal that holds what the spec puts into it, and is away when the spec says so. */
class FakeJournal {
  readonly asked: string[] = [];
  readonly objects = new Map<string, object>();
  /** Pods that it does not know to name anything, by uid. */
  readonly strangers = new Set<string>();
  away = false;
  /** Answers wait for this. */
  holding: Promise<void> | undefined;
  open = 0;
  mostOpen = 0;

  put(key: string, version: number, fields: object = {}): void {
    const [resource = '', namespace = '', name = ''] = key.split('/');
    this.objects.set(key, {
      apiVersion: 'v1',
      kind: KINDS[resource],
      metadata: {
        namespace,
        name,
        uid: `uid-of-${name}`,
        resourceVersion: String(version),
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      ...fields,
    });
  }

  ask = async (_message: unknown, payload: unknown): Promise<unknown> => {
    const { key, for: of } = payload as Question;
    const id = `${key.resource}/${key.namespace}/${key.name}`;
    this.asked.push(`${id} for ${of?.uid}`);
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    // What is answered is of the time of the question.
    const object = this.objects.get(id) ?? null;
    try {
      await this.holding;
      if (this.away) throw new BusUnavailable('object', 5_000, 'nobody listens');
      if (this.strangers.has(of?.uid ?? ''))
        throw new StatusError({ code: 403, message: 'no pod names it' } as KubeStatus);
      return { position: 1, object };
    } finally {
      this.open--;
    }
  };
}

const naming = (uid: string, ...names: string[]): Pod =>
  pod({ volumes: names.map((name) => ({ name, configMap: { name } })) }, {}, { uid, name: `pod-${uid}` });

describe('the Secrets and ConfigMaps of a node', () => {
  let journal: FakeJournal;
  let references: References;
  let notes: string[];
  let warnings: string[];
  let changed: (readonly string[])[];

  beforeEach(() => {
    jest.useFakeTimers();
    journal = new FakeJournal();
    notes = [];
    warnings = [];
    changed = [];
    const logger = pino(
      { level: 'warn' },
      { write: (line: string) => void warnings.push((JSON.parse(line) as { msg: string }).msg) },
    );
    const say: Notes['say'] = ({ metadata }, _type, reason, message) =>
      void notes.push(`${metadata.uid} ${reason}: ${message}`);
    references = new References(
      new ReferenceQuery(journal as unknown as Pick<Bus, 'ask'>, logger),
      { say } as Notes,
      logger,
    );
    references.onChange((uids) => void changed.push(uids));
  });
  afterEach(() => {
    references.onApplicationShutdown();
    jest.useRealTimers();
  });

  const tick = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  const answered = (uid: string) => references.answered(uid, new AbortController().signal);
  const version = (name: string) => references.configMap('default', name)?.metadata.resourceVersion;

  it('are asked for once each, for a pod that names them, all at once', async () => {
    for (const name of ['a', 'b']) journal.put(`configmaps/default/${name}`, 1);
    references.hold(naming('uid-1', 'a', 'b', 'c'));
    expect(journal.open).toBe(3);
    references.hold(naming('uid-2', 'a'));
    await answered('uid-1');
    await answered('uid-2');
    const of = (name: string) => `configmaps/default/${name} for uid-1`;
    expect(journal.asked).toEqual([of('a'), of('b'), of('c')]);
    expect([version('a'), version('b'), version('c')]).toEqual(['1', '1', undefined]);
    expect(changed).toEqual([]);
  });

  it('are waited for, as is the volume that a claim turns out to be bound to', async () => {
    const claim = 'persistentvolumeclaims/default/data';
    journal.put(claim, 1, { spec: { volumeName: 'disk' } });
    journal.put('persistentvolumes//disk', 1);
    references.hold(pod({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }));
    await answered('uid-1');
    expect(references.volume('disk')?.metadata.resourceVersion).toBe('1');
    expect(references.claim('default', 'data')?.metadata.resourceVersion).toBe('1');
    const unused = references.unused('disk', new AbortController().signal);
    const reason = new Error('too long');
    await expect(references.unused('disk', AbortSignal.abort(reason))).rejects.toBe(reason);
    references.release('uid-1');
    await unused;
    expect(references.volume('disk')).toBeUndefined();
  });

  it('hear of a volume when the claim is bound to it, and forget the one before', async () => {
    const key = { resource: 'persistentvolumeclaims', namespace: 'default', name: 'data' } as const;
    journal.put('persistentvolumeclaims/default/data', 1);
    journal.put('persistentvolumes//one', 1);
    references.hold(pod({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }));
    await answered('uid-1');
    for (const [version, volumeName] of [
      [2, 'one'],
      [3, 'two'],
    ] as const) {
      journal.put('persistentvolumeclaims/default/data', version, { spec: { volumeName } });
      references.changed(key);
      await tick();
      expect(references.volume('one') !== undefined).toBe(volumeName === 'one');
    }
    expect(journal.asked.at(-1)).toBe('persistentvolumes//two for uid-1');
    expect(changed).toEqual([['uid-1'], ['uid-1']]);
  });

  it('hold up no pod that names none', async () => {
    journal.away = true;
    references.hold(naming('uid-1'));
    await answered('uid-1');
    expect(journal.asked).toEqual([]);
  });

  it('are forgotten with the last pod that names them', async () => {
    journal.put('configmaps/default/a', 1);
    for (const uid of ['uid-1', 'uid-2']) references.hold(naming(uid, 'a'));
    await tick();
    references.release('uid-1');
    expect(version('a')).toBe('1');
    references.release('uid-2');
    expect(version('a')).toBeUndefined();
    references.changed({ resource: 'configmaps', namespace: 'default', name: 'a' });
    await references.resync();
    expect(journal.asked).toHaveLength(1);
  });

  it('are asked for again when they change, and the pods that name them hear of it', async () => {
    journal.put('configmaps/default/a', 1);
    for (const uid of ['uid-1', 'uid-2']) references.hold(naming(uid, 'a'));
    references.hold(naming('uid-3', 'b'));
    await tick();
    journal.put('configmaps/default/a', 2);
    references.changed({ resource: 'configmaps', namespace: 'default', name: 'a' });
    await tick();
    expect(version('a')).toBe('2');
    expect(changed).toEqual([['uid-1', 'uid-2']]);
  });

  it('are asked for once more when they change while an answer is under way', async () => {
    journal.put('configmaps/default/a', 1);
    let answer: () => void = () => undefined;
    journal.holding = new Promise((resolve) => (answer = resolve));
    references.hold(naming('uid-1', 'a'));
    journal.put('configmaps/default/a', 2);
    references.changed({ resource: 'configmaps', namespace: 'default', name: 'a' });
    answer();
    await tick();
    expect(version('a')).toBe('2');
    expect(journal.mostOpen).toBe(1);
  });

  it('heal when a notice was lost: all are asked for anew, four at a time', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `c${i}`);
    for (const name of names) journal.put(`configmaps/default/${name}`, 1);
    references.hold(naming('uid-1', ...names));
    await answered('uid-1');
    journal.put('configmaps/default/c7', 2);
    journal.mostOpen = 0;
    await references.resync();
    expect(version('c7')).toBe('2');
    expect(changed).toEqual([['uid-1']]);
    expect(journal.asked).toHaveLength(20);
    expect(journal.mostOpen).toBe(4);
  });

  it('that are absent are asked for again with each attempt, which does not wait for the answer', async () => {
    references.hold(naming('uid-1', 'late'));
    await answered('uid-1');
    expect(version('late')).toBeUndefined();
    journal.put('configmaps/default/late', 5);
    journal.holding = tick();
    await answered('uid-1');
    expect(changed).toEqual([]);
    await journal.holding;
    await tick();
    expect(changed).toEqual([['uid-1']]);
    expect(version('late')).toBe('5');
  });

  it('that the journal gives to none of the pods count as absent, with a warning; one pod that it knows is enough', async () => {
    journal.put('configmaps/default/a', 1);
    journal.strangers.add('uid-1');
    references.hold(naming('uid-1', 'a'));
    await answered('uid-1');
    expect(version('a')).toBeUndefined();
    expect(warnings).toEqual(['the journal refuses an object; it counts as absent']);
    references.hold(naming('uid-2', 'a'));
    await references.resync();
    expect(version('a')).toBe('1');
  });

  it('that are not what they should be count as absent, with a warning', async () => {
    journal.put('configmaps/default/a', 1, { data: { key: 7 } });
    references.hold(naming('uid-1', 'a'));
    await answered('uid-1');
    expect(version('a')).toBeUndefined();
    expect(warnings).toEqual(['an object is not acted upon; it counts as absent']);
  });

  it('are asked for until the journal is there, ever less often; the pods that wait say so once', async () => {
    journal.away = true;
    journal.put('secrets/default/s', 1);
    references.hold(pod({ imagePullSecrets: [{ name: 's' }] }));
    let done = false;
    const waiting = answered('uid-1').then(() => (done = true));
    await tick(250 + 500 + 1_000);
    expect(journal.asked).toHaveLength(4);
    expect(notes).toEqual([
      expect.stringMatching(/^uid-1 FailedMount: failed to fetch secret "s"; trying again: no answer/),
    ]);
    expect(done).toBe(false);
    journal.away = false;
    await tick(5_000);
    await waiting;
    expect(references.secret('default', 's')?.metadata.resourceVersion).toBe('1');
  });

  it('are not waited for any longer once the start is given up', async () => {
    journal.away = true;
    references.hold(naming('uid-1', 'a'));
    const starting = new AbortController();
    const waiting = references.answered('uid-1', starting.signal);
    starting.abort();
    await expect(waiting).rejects.toBe(starting.signal.reason);
    references.release('uid-1');
    await tick(10_000);
    expect(journal.asked).toHaveLength(1);
  });

  it('stay as they were while the journal is away', async () => {
    journal.put('configmaps/default/a', 1);
    references.hold(naming('uid-1', 'a'));
    await answered('uid-1');
    journal.away = true;
    references.changed({ resource: 'configmaps', namespace: 'default', name: 'a' });
    await tick(60_000);
    expect(version('a')).toBe('1');
    expect(notes).toEqual([]);
    await answered('uid-1');
  });
});
