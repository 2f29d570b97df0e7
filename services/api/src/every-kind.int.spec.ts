import { isPlain } from '../../../libs/admission/src/kinds';
import {
  apiVersionOf,
  byResource,
  RESOURCES,
  type KubeObject,
  type ResourceRow,
  type ResourceVersion,
} from '@shiplog/contracts';
import { LEAST } from './testing/least-contents';
import { minimalObject } from './testing/minimal-object';
import { Rig, type HttpAnswer } from './testing/rig';

/** Of what is left out, namespaces and definitions take others with them, so that they are not gone at once. */
const SLOW = ['namespaces', 'customresourcedefinitions.apiextensions.k8s.io'];
const ROWS = (RESOURCES as readonly ResourceRow[]).filter(
  ({ id, versions: [stored] }) => stored.served && !SLOW.includes(id),
);
const CONTENTS = byResource(LEAST);
const nameOf = ({ id }: ResourceRow): string => CONTENTS.get(id)?.name ?? 'minimal';
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
  const name = nameOf(row);
  const sent = { ...minimalObject(row, name), ...CONTENTS.get(row.id)?.content };
  const collection = collectionOf(row, row.versions[0]);
  const path = `${collection}/${name}`;
  const before = valueOf(await rig.http('GET', collection)).metadata as { resourceVersion: string };
  const made = await rig.http('POST', collection, sent);
  const lists = await Promise.all(row.versions.map((version) => rig.http('GET', collectionOf(row, version))));
  const table = await rig.http('GET', collection, undefined, TABLE);
  const label = { metadata: { labels: { patched: 'yes' } } };
  const patched = await rig.http('PATCH', path, label, { 'content-type': 'application/merge-patch+json' });
  const deleted = await rig.http('DELETE', `${path}?propagationPolicy=Background`);
  // Claims and volumes are kept for as long as somebody uses them: nobody here says that nobody does.
  const unheld = { metadata: { finalizers: null } };
  await rig.http('PATCH', path, unheld, { 'content-type': 'application/merge-patch+json' });
  const gone = await rig.http('GET', path);
  const query = `watch=true&timeoutSeconds=1&resourceVersion=${before.resourceVersion}`;
  const watched = await rig.http('GET', `${collection}?${query}`);
  return { sent, made, lists, table, patched, deleted, gone, watched };
}

const valueOf = ({ body }: HttpAnswer): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;

beforeAll(async () => {
  rig = await Rig.start();
  for (const row of ROWS) {
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

describe('an object with the least that its kind allows', () => {
  for (const row of ROWS) {
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
  const name = nameOf(row);
  const named = { metadata: { name, uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string } };
  const { kind, apiVersion } = life.sent;
  expect(valueOf(life.made)).toMatchObject({ ...(isPlain(row) ? life.sent : { kind, apiVersion }), ...named });
  for (const [i, list] of life.lists.entries()) {
    expect(valueOf(list)).toMatchObject({
      kind: `${row.kind}List`,
      apiVersion: apiVersionOf(row.versions[i]!),
      items: expect.arrayContaining([
        expect.objectContaining({ metadata: expect.objectContaining({ name }) as object }),
      ]) as object[],
    });
  }
  const { rows } = valueOf(life.table) as { rows: { cells: unknown[] }[] };
  expect(rows.flatMap(({ cells }) => cells)).toContain(name);
  expect(valueOf(life.patched)).toMatchObject({ metadata: { labels: { patched: 'yes' } } });
  const events = life.watched.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; object: KubeObject });
  const types = events.filter(({ object }) => object.metadata.name === name).map(({ type }) => type);
  // Of some kinds the status follows by itself.
  expect(types.filter((type, i) => type !== types[i - 1])).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
}
