import type { Bus } from '@shiplog/bus';
import { eventually } from '@shiplog/testing';
import { Rig } from './testing/rig';
import { makeNode, runPod, send } from './testing/steps';

let rig: Rig;
let bus: Bus;
let other: Awaited<ReturnType<Rig['startAnotherApi']>>;
const pods = ['web-1', 'web-2', 'web-3'];
const LABELS = { app: 'front' };
const SET_OF_DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: 'front-1',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'front', uid: 'd', controller: true }],
  },
  spec: {
    replicas: 2,
    selector: { matchLabels: LABELS },
    template: { metadata: { labels: LABELS }, spec: { containers: [{ name: 'main', image: 'nginx' }] } },
  },
};
beforeAll(async () => {
  rig = await Rig.start();
  bus = await rig.nats.bus('spec');
  await makeNode(bus);
  for (const name of pods) {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name, image: 'nginx' }] } };
    await send(bus, { type: 'CreateObject', data: { resource: 'pods', namespace: 'default', object: pod } });
    await runPod(rig, bus, name);
  }
  await send(
    await rig.nats.bus('controller', { role: 'controller', name: 'controller' }),
    {
      type: 'CreateObject',
      data: { resource: 'replicasets.apps', namespace: 'default', object: SET_OF_DEPLOYMENT },
    },
    'system:shiplog:controller',
  );
  // It begins after all that has happened.
  other = await rig.startAnotherApi();
});
afterAll(async () => {
  await other?.stop();
  await rig?.stop();
});

interface Event {
  metadata: { name: string; uid: string; resourceVersion: string; annotations?: Record<string, string> };
  reason: string;
  count: number;
  involvedObject: { name: string };
}
interface List {
  metadata: { resourceVersion: string; continue?: string };
  items: Event[];
}
type Ask = Rig['http'];
const here: Ask = (...request) => rig.http(...request);
const there: Ask = (...request) => other.http(...request);
const path = '/api/v1/namespaces/default/events';
const list = async (ask: Ask, query = ''): Promise<List> =>
  JSON.parse((await ask('GET', `${path}?${query}`)).body) as List;
const merge = { 'content-type': 'application/merge-patch+json' };
const annotate = (value: string) => ({ metadata: { annotations: { note: value } } });
const ofReason = async (reason: string): Promise<Event> => {
  const found = (await list(here)).items.find((event) => event.reason === reason);
  if (found === undefined) throw new Error(`no Event of reason ${reason}`);
  return found;
};

describe('Events that the log tells', () => {
  it('are the same on every api, whenever it began', async () => {
    const { items } = await list(here);
    expect(items.map(({ reason }) => reason).sort()).toEqual(
      [...pods.flatMap(() => ['Scheduled', 'Started']), 'RegisteredNode', 'ScalingReplicaSet'].sort(),
    );
    expect((await list(there)).items).toEqual(items);
  });

  it('are paged, also by an api that did not begin the list', async () => {
    const whole = await list(here);
    const first = await list(here, 'limit=3');
    expect(first.items).toEqual(whole.items.slice(0, 3));
    await send(bus, {
      type: 'PatchObject',
      data: {
        resource: 'nodes',
        namespace: '',
        name: 'n1',
        patchType: 'merge',
        patch: { spec: { unschedulable: true } },
      },
    });
    const rest = await list(there, `limit=9&continue=${first.metadata.continue ?? ''}`);
    expect(rest.items).toEqual(whole.items.slice(3));
    expect(rest.metadata.resourceVersion).toBe(whole.metadata.resourceVersion);
    expect((await list(there)).items).toHaveLength(whole.items.length + 1);
  });

  it('are read as they were at a position', async () => {
    const started = await ofReason('Started');
    const before = Number(started.metadata.resourceVersion) - 1;
    const at = (ask: Ask, version: number) => list(ask, `resourceVersion=${version}&resourceVersionMatch=Exact`);
    const names = async (ask: Ask, version: number) =>
      (await at(ask, version)).items.map(({ metadata }) => metadata.name);
    for (const ask of [here, there]) {
      expect(await names(ask, before)).not.toContain(started.metadata.name);
      expect(await names(ask, before + 1)).toContain(started.metadata.name);
    }
  });

  it('are watched from a position that is past, on any api', async () => {
    const scheduled = await ofReason('Scheduled');
    const from = Number(scheduled.metadata.resourceVersion) - 1;
    const watched = async (ask: Ask) => {
      const { body } = await ask('GET', `${path}?watch=1&timeoutSeconds=1&resourceVersion=${from}`);
      return body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string; object: Event });
    };
    const [mine, others] = [await watched(here), await watched(there)];
    expect(mine[0]).toMatchObject({ type: 'ADDED', object: { metadata: { name: scheduled.metadata.name } } });
    expect(others).toEqual(mine);
  });

  it('become objects when a client changes them, and are the same Event still', async () => {
    const event = await ofReason('Scheduled');
    const { name, uid } = event.metadata;
    const { metadata } = await list(here);
    const patched = await rig.http('PATCH', `${path}/${name}`, annotate('mine'), merge);
    expect(patched.code).toBe(200);
    expect(JSON.parse(patched.body)).toMatchObject({
      ...event,
      metadata: { name, uid, annotations: { note: 'mine' } },
    });
    for (const ask of [here, there]) {
      await eventually(async () => (await ask('GET', `${path}/${name}`)).body.includes('mine'));
      expect((await list(ask)).items.filter((item) => item.metadata.uid === uid)).toHaveLength(1);
    }
    const { body } = await rig.http(
      'GET',
      `${path}?watch=1&timeoutSeconds=1&resourceVersion=${metadata.resourceVersion}`,
    );
    expect(JSON.parse(body.split('\n')[0] ?? '')).toMatchObject({ type: 'MODIFIED', object: { metadata: { name } } });
    const stored = JSON.parse((await rig.http('GET', `${path}/${name}`)).body) as object;
    expect((await rig.http('PUT', `${path}/${name}`, { ...stored, count: 7 })).code).toBe(200);
    const asNew = JSON.parse(
      (await rig.http('GET', `/apis/events.k8s.io/v1/namespaces/default/events/${name}`)).body,
    ) as object;
    expect(asNew).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      deprecatedCount: 7,
      metadata: { annotations: { note: 'mine' } },
    });
  });

  it('are replaced only by who has read them as they are', async () => {
    const event = await ofReason('RegisteredNode');
    const at = `${path}/${event.metadata.name}`;
    const stale = { ...event, metadata: { ...event.metadata, resourceVersion: '1' } };
    expect((await rig.http('PUT', at, stale)).code).toBe(409);
    expect((await rig.http('PUT', `${at}?dryRun=All`, { ...event, count: 9 })).code).toBe(200);
    expect(await ofReason('RegisteredNode')).toEqual(event);
    expect((await rig.http('PATCH', at, {}, merge)).code).toBe(200);
    expect(await ofReason('RegisteredNode')).toEqual(event);
    expect((await other.http('PUT', at, { ...event, count: 9 })).code).toBe(200);
    await eventually(async () => (await ofReason('RegisteredNode')).count === 9);
  });

  it('go when a client deletes them, everywhere and for good', async () => {
    const { metadata } = await ofReason('Started');
    const gone = await rig.http('DELETE', `${path}/${metadata.name}`);
    expect(JSON.parse(gone.body)).toMatchObject({
      status: 'Success',
      details: { name: metadata.name, uid: metadata.uid },
    });
    expect((await rig.http('GET', `${path}/${metadata.name}`)).code).toBe(404);
    expect((await rig.http('DELETE', `${path}/${metadata.name}`)).code).toBe(404);
    await eventually(async () => (await other.http('GET', `${path}/${metadata.name}`)).code === 404);
    const swept = await rig.http('DELETE', `${path}?fieldSelector=involvedObject.kind=Pod`);
    expect((JSON.parse(swept.body) as List).items.length).toBeGreaterThan(3);
    const left = async (ask: Ask) => (await list(ask, 'fieldSelector=involvedObject.kind=Pod')).items.length;
    expect(await left(here)).toBe(0);
    await eventually(async () => (await left(there)) === 0);
    await rig.stopService('api');
    rig.startApi();
    await rig.ready();
    expect(await left(here)).toBe(0);
  });
});
