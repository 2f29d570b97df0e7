import { createServer, type Server } from 'node:http';
import { freePort } from '@shiplog/testing';
import { pino } from 'pino';
import { HealthCheckServers } from './health-check-servers';

let port: number;
let isHealthy: boolean;
let servers: HealthCheckServers;

beforeEach(async () => {
  port = await freePort();
  isHealthy = true;
  servers = new HealthCheckServers(['127.0.0.1'], () => isHealthy, pino({ level: 'silent' }));
});
afterEach(() => servers.stop());

const check = (localEndpoints: number, name = 'web') => ({ port, namespace: 'default', name, localEndpoints });

async function asked(): Promise<{ status: number; weight: string | null; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`);
  return {
    status: response.status,
    weight: response.headers.get('X-Load-Balancing-Endpoint-Weight'),
    body: await response.json(),
  };
}

const body = (localEndpoints: number, serviceProxyHealthy = true) => ({
  service: { namespace: 'default', name: 'web' },
  localEndpoints,
  serviceProxyHealthy,
});

describe('health checks of balancers', () => {
  it('say that a node has endpoints of a service, or has none, or does not keep up', async () => {
    await servers.sync([check(2)]);
    expect(await asked()).toEqual({ status: 200, weight: '2', body: body(2) });
    await servers.sync([check(0)]);
    expect(await asked()).toEqual({ status: 503, weight: '0', body: body(0) });
    await servers.sync([check(1)]);
    isHealthy = false;
    expect(await asked()).toEqual({ status: 503, weight: '1', body: body(1, false) });
  });

  it('end with their service, and answer for the first by name of several', async () => {
    await servers.sync([check(3, 'x'), check(2, 'web')]);
    expect((await asked()).weight).toBe('2');
    await servers.sync([]);
    await expect(asked()).rejects.toThrow('fetch failed');
  });

  it('say which port is taken, and answer once it is free', async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    await servers.sync([check(1)]);
    expect(servers.detail()).toContain(`health checks are not answered: port ${port} (`);
    expect(servers.detail()).toContain('EADDRINUSE');
    await new Promise((resolve) => other.close(resolve));
    await servers.sync([check(1)]);
    expect(servers.detail()).toBe('');
    expect((await asked()).status).toBe(200);
  });
});
