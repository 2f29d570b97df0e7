import { writeFileSync } from 'node:fs';
import { Heartbeat, Note, PositionQuery, subjects, type Identity } from '@shiplog/contracts';
import { eventually, SecuredNats, serve, TestNats } from '@shiplog/testing';
import { nkeys } from 'nats';
import { connectBus, ConnectionRefused } from '.';

const journal: Identity = { role: 'journal', name: 'one' };
const api: Identity = { role: 'api', name: 'one' };
const kubelet: Identity = { role: 'kubelet', name: 'minion.1' };
const onError = (): void => undefined;

describe('a connection in clear', () => {
  let nats: TestNats;
  beforeAll(async () => (nats = await TestNats.start()));
  afterAll(() => nats.stop());

  it('is not made where TLS was asked for: it is refused with a sentence, at once', async () => {
    const waited: unknown[] = [];
    const url = nats.url.replace('nats://', 'tls://');
    const connecting = connectBus({ url, name: 'a', identity: api, onError, onWaiting: (e) => waited.push(e) });
    await expect(connecting).rejects.toThrow(ConnectionRefused);
    await expect(connecting).rejects.toThrow(`${url} asks for TLS, and the server there speaks none`);
    expect(waited).toEqual([]);
  });

  it('waits for a server that comes later, and says so', async () => {
    await nats.pause();
    const waited: unknown[] = [];
    const connecting = connectBus({
      url: nats.url,
      name: 'a',
      identity: api,
      onError,
      onWaiting: (e) => waited.push(e),
    });
    await eventually(() => waited.length > 0);
    await nats.resume();
    const bus = await connecting;
    await bus.close();
  });
});

describe('a server that knows its users', () => {
  let nats: SecuredNats;
  beforeAll(async () => (nats = await SecuredNats.start([journal, api, kubelet])));
  afterAll(() => nats.stop());

  const connectWith = (seedFile: string | undefined) =>
    connectBus({ url: nats.url, name: 'a', identity: api, credentials: { seedFile }, onError });

  it('refuses an nkey that it does not know, with a sentence that names the file', async () => {
    const seedFile = `${nats.seedOf(api)}.wrong`;
    writeFileSync(seedFile, nkeys.createUser().getSeed());
    const connecting = connectWith(seedFile);
    await expect(connecting).rejects.toThrow(ConnectionRefused);
    await expect(connecting).rejects.toThrow(`does not let api one in with the nkey in ${seedFile}`);
  });

  it('refuses who has no credentials, and says which setting gives them', async () => {
    await expect(connectWith(undefined)).rejects.toThrow(
      'does not let api one in with no credentials (NATS_SEED_FILE)',
    );
  });

  it.each([
    ['that is no seed', 'S'.repeat(58), 'does not hold the seed of an nkey'],
    ['that is empty', '', 'does not hold the seed of an nkey'],
  ])('a seed file %s is refused with a sentence that names it', async (_, text, why) => {
    const seedFile = `${nats.seedOf(api)}.broken`;
    writeFileSync(seedFile, text);
    const connecting = connectWith(seedFile);
    await expect(connecting).rejects.toThrow(ConnectionRefused);
    await expect(connecting).rejects.toThrow(`${seedFile} ${why}`);
  });

  it('a seed file that is not there is refused with a sentence that names it', async () => {
    const connecting = connectWith('/nowhere/seed');
    await expect(connecting).rejects.toThrow(ConnectionRefused);
    await expect(connecting).rejects.toThrow('/nowhere/seed');
  });

  it('lets nobody speak under the name of another, or hear what is meant for another', async () => {
    const problems: string[] = [];
    const node = await nats.bus(kubelet, { onError: (error) => problems.push(String(error)) });
    const listener = await nats.bus(api);
    const heard: unknown[] = [];
    listener.hear(Heartbeat, (_, from) => heard.push(from));
    listener.hear(Note, (_, from) => heard.push(from));
    await listener.connection.flush();
    const time = new Date().toISOString();
    const other = { kind: 'node', name: 'minion.2' } as const;
    node.connection.publish(subjects.signal('heartbeat', other), Buffer.from(JSON.stringify({ time })));
    node.listen('_INBOX.api.>', () => heard.push('an inbox'));
    node.listen(subjects.node('minion.2', 'logs'), () => heard.push('a request'));
    node.tell(Heartbeat, { time });
    await eventually(() => heard.length > 0);
    await eventually(() => problems.length >= 2);
    expect(heard).toEqual([{ kind: 'node', name: 'minion.1' }]);
  });

  it('a journal answers what it is asked, also after the server read its configuration again', async () => {
    const served = await serve(await nats.bus(journal), PositionQuery, () => ({ position: 1, channels: {} }));
    const asking = await nats.bus(kubelet);
    await expect(asking.ask(PositionQuery, {})).resolves.toMatchObject({ position: 1 });
    nats.server.reload();
    await expect(asking.ask(PositionQuery, {})).resolves.toMatchObject({ position: 1 });
    served.close();
  });
});
