import { isPlain } from '../../../libs/admission/src/kinds';
import { apiVersionOf, RESOURCES, type KubeObject, type ResourceRow, type ResourceVersion } from '@shiplog/contracts';
import { minimalObject } from './testing/minimal-object';
import { Rig, type HttpAnswer } from './testing/rig';

/** Kinds that are one row: whatever else they come to have, this is what a row alone does. */
const PLAIN = (RESOURCES as readonly ResourceRow[]).filter((row) => row.versions[0].served && isPlain(row));
const NAME = 'minimal';
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

/** What an object went through. */
interface Life {
  readonly sent: KubeObject;
  readonly made: HttpAnswer;
  readonly lists: readonly HttpAnswer[];
  readonly table: HttpAnswer;
  readonly patched: HttpAnswer;
  readonly deleted: HttpAnswer;
  readonly gone: HttpAnswer;
  /** Everything that a watch from before its beginning tells. */
  readonly watched: HttpAnswer;
}

let rig: Rig;
const lives = new Map<string, Promise<Life>>();

function collectionOf({ plural, namespaced }: ResourceRow, version: ResourceVersion): string {
  const root = version.group === '' ? '/api' : '/apis';
  return [root, apiVersionOf(version), ...(namespaced ? ['namespaces', 'default'] : []), plural].join('/');
}

async function live(row: ResourceRow): Promise<Life> {
  const sent = minimalObject(row, NAME);
  const collection = collectionOf(row, row.versions[0]);
  const path = `${collection}/${NAME}`;
  const before = valueOf(await rig.http('GET', collection)).metadata as { resourceVersion: string };
  const made = await rig.http('POST', collection, sent);
  const lists = await Promise.all(row.versions.map((version) => rig.http('GET', collectionOf(row, version))));
  const table = await rig.http('GET', collection, undefined, TABLE);
  const label = { metadata: { labels: { patched: 'yes' } } };
  const patched = await rig.http('PATCH', path, label, { 'content-type': 'application/merge-patch+json' });
  const deleted = await rig.http('DELETE', path);
  const gone = await rig.http('GET', path);
  const query = `watch=true&timeoutSeconds=1&resourceVersion=${before.resourceVersion}`;
  const watched = await rig.http('GET', `${collection}?${query}`);
  return { sent, made, lists, table, patched, deleted, gone, watched };
}

const valueOf = ({ body }: HttpAnswer): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;

beforeAll(async () => {
  rig = await Rig.start();
  for (const row of PLAIN) {
    const life = live(row);
    // Told by the test of the row.
    life.catch(() => undefined);
    lives.set(row.id, life);
  }
});
afterAll(async () => {
  await Promise.allSettled(lives.values());
  await rig?.stop();
});

describe('a kind that is only a row', () => {
  it('may be any, or none', () => expect(lives.size).toBe(PLAIN.length));

  for (const row of PLAIN) {
    it(`${row.id}: is made, listed, shown, changed, watched and removed`, () => follow(row));
  }
});

async function follow(row: ResourceRow): Promise<void> {
  const life = await (lives.get(row.id) as Promise<Life>);
  const codes = [life.made, ...life.lists, life.table, life.patched, life.deleted, life.gone].map(({ code }) => code);
  expect([life.made.code === 201 ? '' : life.made.body, codes]).toEqual([
    '',
    [201, ...life.lists.map(() => 200), 200, 200, 200, 404],
  ]);
  const named = { metadata: { name: NAME, uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string } };
  expect(valueOf(life.made)).toMatchObject({ ...life.sent, ...named });
  for (const [i, list] of life.lists.entries()) {
    expect(valueOf(list)).toMatchObject({
      kind: `${row.kind}List`,
      apiVersion: apiVersionOf(row.versions[i]!),
      items: expect.arrayContaining([
        expect.objectContaining({ metadata: expect.objectContaining({ name: NAME }) as object }),
      ]) as object[],
    });
  }
  const { rows } = valueOf(life.table) as { rows: { cells: unknown[] }[] };
  expect(rows.map(({ cells }) => cells[0])).toContain(NAME);
  expect(valueOf(life.patched)).toMatchObject({ metadata: { labels: { patched: 'yes' } } });
  const events = life.watched.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; object: KubeObject });
  expect(events.filter(({ object }) => object.metadata.name === NAME).map(({ type }) => type)).toEqual([
    'ADDED',
    'MODIFIED',
    'DELETED',
  ]);
}
