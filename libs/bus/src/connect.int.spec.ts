import { writeFileSync } from 'node:fs';
import { Heartbeat, Note, PositionQuery, subjects, type Identity } from '@shiplog/contracts';
import { makeAuthority } from '@shiplog/pki';
import { eventually, SecuredNats, serve, TestNats } from '@shiplog/testing';
import { nkeys } from 'nats';
import { connectBus, ConnectionRefused, type Bus, type Credentials } from '.';

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

  const connectWith = (changed: Partial<Credentials>, url = nats.url) =>
    connectBus({
      url,
      name: 'a',
      identity: api,
      credentials: { ...nats.credentialsOf(api), ...changed },
      onError,
      onWaiting: (error) => waited.push(error),
    });
  const waited: unknown[] = [];
  const refusal = async (connecting: Promise<Bus>): Promise<string> => {
    const error: unknown = await connecting.then(
      (bus) => bus.close(),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConnectionRefused);
    return (error as ConnectionRefused).message;
  };
  const write = (name: string, text: string | Uint8Array): string => {
    const path = `${nats.credentialsOf(api).seedFile}.${name}`;
    writeFileSync(path, text);
    return path;
  };
  afterEach(() => expect(waited.splice(0)).toEqual([]));

  it('refuses an nkey that it does not know, with a sentence that names the file', async () => {
    const seedFile = write('wrong', nkeys.createUser().getSeed());
    expect(await refusal(connectWith({ seedFile }))).toContain(`does not let api one in with the nkey in ${seedFile}`);
  });

  it('refuses who has no nkey, and says which setting gives it', async () => {
    expect(await refusal(connectWith({ seedFile: undefined }))).toContain(
      'does not let api one in with no credentials (NATS_SEED_FILE)',
    );
  });

  it.each([
    ['is no seed', 'S'.repeat(58)],
    ['is empty', ''],
  ])('a seed file that %s is refused with a sentence that names it', async (_, text) => {
    const seedFile = write('broken', text);
    expect(await refusal(connectWith({ seedFile }))).toBe(`the file ${seedFile} does not hold the seed of an nkey`);
  });

  it.each(['seedFile', 'caFile', 'certFile', 'keyFile'])('a %s that is not there is named', async (file) => {
    expect(await refusal(connectWith({ [file]: '/nowhere/file' }))).toContain('/nowhere/file');
  });

  it('is not trusted when its certificate is of another authority', async () => {
    const other = await makeAuthority('other', { days: 1, now: Date.now() });
    const caFile = write('ca', other.certificate);
    expect(await refusal(connectWith({ caFile }))).toMatch(/the certificate of the NATS server at .* can't be trusted/);
  });

  it('is not trusted under a name that its certificate does not have', async () => {
    const url = nats.url.replace('127.0.0.1', 'localhost');
    expect(await refusal(connectWith({}, url))).toMatch(/the certificate of the NATS server at .* can't be trusted/);
  });

  it('does not answer who shows no certificate, who is told which settings give one', async () => {
    const stop = new Error('has heard enough');
    const connecting = connectBus({
      url: nats.url,
      name: 'a',
      identity: api,
      credentials: { ...nats.credentialsOf(api), certFile: undefined, keyFile: undefined },
      onError,
      onWaiting: (error) => {
        waited.push(String(error));
        throw stop;
      },
    });
    await expect(connecting).rejects.toBe(stop);
    expect(waited.splice(0)).toEqual([expect.stringContaining('NATS_CERT and NATS_KEY give it one')]);
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
