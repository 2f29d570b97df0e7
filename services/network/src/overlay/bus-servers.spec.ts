import { pino } from 'pino';
import { BusServers } from './bus-servers';

const logger = pino({ level: 'silent' });

describe('where the bus is', () => {
  it('is known by address and port once it was looked up, whatever the URL leaves out', async () => {
    const answers: Record<string, string[]> = { nats: ['10.0.0.2', '10.0.0.1'], '172.30.0.1': ['172.30.0.1'] };
    const url = 'nats://user:pass@nats,tls://172.30.0.1:4333/';
    const servers = new BusServers(url, logger, (host) => Promise.resolve(answers[host] ?? []));
    expect(servers.addresses).toEqual([]);
    await servers.refresh();
    expect(servers.addresses).toEqual([
      { ip: '10.0.0.1', port: 4222 },
      { ip: '10.0.0.2', port: 4222 },
      { ip: '172.30.0.1', port: 4333 },
    ]);
  });

  it('stays known while names are not answered for', async () => {
    let answer: Promise<string[]> = Promise.resolve(['10.0.0.1']);
    const servers = new BusServers('nats://nats', logger, () => answer);
    await servers.refresh();
    answer = Promise.reject(new Error('EAI_AGAIN'));
    await servers.refresh();
    expect(servers.addresses).toEqual([{ ip: '10.0.0.1', port: 4222 }]);
  });

  it('is found by the system’s own resolver', async () => {
    const servers = new BusServers('nats://127.0.0.1:4222', logger);
    await servers.refresh();
    expect(servers.addresses).toEqual([{ ip: '127.0.0.1', port: 4222 }]);
  });
});
