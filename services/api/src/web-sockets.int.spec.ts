import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { Rig, TOKEN } from './testing/rig';
import { configMap } from './testing/steps';
import { openWebSocket, type WebSocketClient } from './testing/web-socket-client';

let rig: Rig;
let ca: string;
beforeAll(async () => {
  rig = await Rig.start();
  ca = readFileSync(join(rig.directory, 'ca.pem'), 'utf8');
});
afterAll(async () => {
  await rig?.stop();
});

const PATH = '/api/v1/namespaces/default/configmaps';
const PREFIX = 'base64url.bearer.authorization.k8s.io.';
const tokenProtocol = (token: string): string => PREFIX + Buffer.from(token).toString('base64url');
const bearer = { authorization: `Bearer ${TOKEN}` };

const open = (
  path: string,
  protocols: string[] = [],
  headers: Record<string, string> = bearer,
): Promise<WebSocketClient> => openWebSocket(`${rig.url}${path}`, protocols, { ca, headers });
const watch = (query: string, ...more: [string[]?, Record<string, string>?]): Promise<WebSocketClient> =>
  open(`${PATH}?watch=1&${query}`, ...more);

/** Makes ConfigMaps; answers the position before. */
const create = async (...names: string[]): Promise<string> => {
  const { metadata } = JSON.parse((await rig.http('GET', PATH)).body) as { metadata: { resourceVersion: string } };
  for (const name of names) expect((await rig.http('POST', PATH, configMap(name))).code).toBe(201);
  return metadata.resourceVersion;
};
/** How many watches of ConfigMaps go on. */
const running = async (): Promise<number> => {
  const { body } = await rig.http('GET', '/metrics');
  const line = /^apiserver_longrunning_requests\{[^}]*resource="configmaps"[^}]*\} (\d+)$/m.exec(body);
  return Number(line?.[1] ?? 0);
};

describe('a watch over a WebSocket', () => {
  it('has each event as a message of text, and ends when its time is up', async () => {
    const resourceVersion = await create('one', 'two', 'three');
    const client = await watch(`resourceVersion=${resourceVersion}&timeoutSeconds=1&allowWatchBookmarks=1`);
    await eventually(() => client.messages.length === 3);
    await create('four');
    expect(await client.closed).toBe(1_000);
    const seen = client.events.map(({ type, object }) => [type, (object.metadata as { name?: string }).name]);
    expect(seen).toEqual([...['one', 'two', 'three', 'four'].map((name) => ['ADDED', name]), ['BOOKMARK', undefined]]);
    expect(client.webSocket.protocol).toBe('');
  });

  it('begins with what is there, also as Tables', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const client = await watch('fieldSelector=metadata.name=one', [], { ...bearer, accept });
    await eventually(() => client.messages.length === 1);
    expect(client.events[0]).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Table', rows: [{ cells: ['one', 0, expect.any(String)] }] },
    });
    client.webSocket.close();
    expect(await client.closed).toBe(1_005);
  });

  it('is over when its client has left', async () => {
    await eventually(async () => (await running()) === 0);
    const [leaving, vanishing] = [await watch(''), await watch('')];
    expect(await running()).toBe(2);
    leaving.webSocket.close();
    vanishing.webSocket.terminate();
    await eventually(async () => (await running()) === 0);
  });

  it('is refused over plain HTTP, as any request', async () => {
    await expect(open('/api/v1/nowhere?watch=1')).rejects.toMatchObject({ code: 404 });
    await expect(watch('labelSelector=a+a+a')).rejects.toMatchObject({ code: 400 });
    await expect(watch('', [], { authorization: '' })).rejects.toMatchObject({
      code: 403,
      body: expect.stringMatching(/"system:anonymous\\" cannot watch resource/),
    });
    await expect(watch('', [], { ...bearer, accept: 'application/vnd.kubernetes.protobuf' })).rejects.toMatchObject({
      code: 406,
    });
    await expect(watch('', ['a', 'b'])).rejects.toMatchObject({ code: 400 });
  });
});

describe('a token among the protocols', () => {
  it('says who asks', async () => {
    const client = await watch('', [tokenProtocol(TOKEN), 'base64.binary.k8s.io'], {});
    expect(client.webSocket.protocol).toBe('base64.binary.k8s.io');
    await eventually(() => client.messages.length > 0);
    expect(client.events[0]).toMatchObject({ type: 'ADDED' });
    client.webSocket.close();
  });

  it('counts also beside credentials of another kind, but not in place of a token in the header', async () => {
    const protocols = [tokenProtocol(TOKEN), 'a'];
    (await watch('', protocols, { authorization: 'Basic eDp4' })).webSocket.close();
    await expect(watch('', protocols, { authorization: 'Bearer wrong' })).rejects.toMatchObject({ code: 401 });
  });

  it.each([
    ['wrong', [tokenProtocol('wrong'), 'a']],
    ['alone', [tokenProtocol(TOKEN)]],
    ['there twice', [tokenProtocol(TOKEN), tokenProtocol(`${TOKEN} `), 'a']],
  ])('that is %s is refused', async (_, protocols) => {
    await expect(watch('', protocols, {})).rejects.toMatchObject({ code: 401 });
  });

  it('opens sessions too', async () => {
    const exec = (protocols: string[]): Promise<WebSocketClient> =>
      open('/api/v1/namespaces/default/pods/none/exec?command=ls&stdout=1', protocols, {});
    // Who asks is known: it fails for the pod.
    await expect(exec([tokenProtocol(TOKEN), 'v5.channel.k8s.io'])).rejects.toMatchObject({ code: 404 });
    await expect(exec(['v5.channel.k8s.io'])).rejects.toMatchObject({ code: 403 });
  });
});

it('watches over WebSockets end with 1001 when the api stops, which does not wait for them', async () => {
  const client = await watch('');
  const silent = await watch('');
  silent.webSocket.pause();
  const begun = Date.now();
  await rig.stopService('api');
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(await client.closed).toBe(1_001);
  silent.webSocket.terminate();
});
