import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@shiplog/testing';
import { Cluster } from '../cluster';
import { engineAt, pingEngine } from '../engines/engine-client';
import { nats } from '../nats/nats';
import { settingsFrom } from '../settings';
import { refusalOf } from '../testing/refusal';
import { engineChoice } from './engine-choice';
import { postgres } from './postgres';

describe('what the user has chosen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-choice-'));
  const servers: Server[] = [];
  const clusterWith = (env: Record<string, string>) =>
    new Cluster(settingsFrom({ SHIPLOG_HOME: join(folder, 'home'), ...env }), () => undefined);
  const say = (): void => undefined;
  /** Answers as an engine does when it is asked whether it is there. */
  const startEngine = async (where: string | number): Promise<Server> => {
    const server = createServer((request, response) => {
      response.writeHead(request.url?.endsWith('/_ping') === true ? 200 : 404).end('OK');
    });
    servers.push(server);
    server.listen(where);
    await once(server, 'listening');
    return server;
  };

  afterAll(() => {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
  });

  describe('as DOCKER_HOST', () => {
    it('is where pods run, when an engine answers there: by socket or by TCP', async () => {
      await startEngine(join(folder, 'docker.sock'));
      const { port } = (await startEngine(0)).address() as AddressInfo;
      for (const dockerHost of [`unix://${join(folder, 'docker.sock')}`, `tcp://127.0.0.1:${port}`]) {
        const cluster = clusterWith({ DOCKER_HOST: dockerHost });
        expect(await engineChoice.run(cluster, say)).toBe(`pods run on ${dockerHost}`);
        expect(cluster.mode).toEqual({ kind: 'own-engine', dockerHost });
      }
    });

    it('is refused when none answers: pods are never run elsewhere instead', async () => {
      const dockerHost = `unix://${join(folder, 'absent.sock')}`;
      const cluster = clusterWith({ DOCKER_HOST: dockerHost });
      expect(await refusalOf(() => engineChoice.run(cluster, say))).toBe(
        `DOCKER_HOST is ${dockerHost}, and no Docker engine answers there. → unset DOCKER_HOST, or start that engine`,
      );
    });

    it('is refused when minions are to have another runtime', async () => {
      const dockerHost = `unix://${join(folder, 'docker.sock')}`;
      const cluster = clusterWith({ DOCKER_HOST: dockerHost, SHIPLOG_RUNTIME: 'containerd' });
      expect(await refusalOf(() => engineChoice.run(cluster, say))).toMatch(
        /^--runtime is containerd, and your own engine is Docker's\. → npm start, without --runtime;/,
      );
    });

    it('is refused when pods are to have addresses of IPv6', async () => {
      const dockerHost = `unix://${join(folder, 'docker.sock')}`;
      const cluster = clusterWith({ DOCKER_HOST: dockerHost, SHIPLOG_DUAL_STACK: 'yes' });
      expect(await refusalOf(() => engineChoice.run(cluster, say))).toMatch(
        /^--dual-stack is given, and pods of your own engine are on a network of Docker's\. → npm start, without --dual-stack;/,
      );
    });

    it('may be a socket that somebody left behind, on which nobody answers', async () => {
      const path = join(folder, 'left.sock');
      const server = await startEngine(path);
      expect(await pingEngine(`unix://${path}`)).toBe(true);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      expect(await pingEngine(`unix://${path}`)).toBe(false);
    });

    it('has Docker’s usual port when none is given', () => {
      const { host, port, protocol } = engineAt('tcp://engine.example').modem as unknown as Record<string, unknown>;
      expect({ host, port, protocol }).toEqual({ host: 'engine.example', port: 2375, protocol: 'http' });
    });
  });

  it('as DATABASE_URL is refused when nobody answers there, without its password', async () => {
    const url = `postgres://ann:hunter2@127.0.0.1:${await freePort()}/log`;
    const refusal = await refusalOf(() => postgres.run(clusterWith({ DATABASE_URL: url }), say));
    expect(refusal).toMatch(/DATABASE_URL is postgres:\/\/127\.0\.0\.1:\d+\/log, and it does not work/);
    expect(refusal).not.toMatch(/ann|hunter2/);
  });

  it('as NATS_URL is refused when nobody answers there, without its password', async () => {
    const url = `nats://ann:hunter2@127.0.0.1:${await freePort()}`;
    const refusal = await refusalOf(() => nats.run(clusterWith({ NATS_URL: url }), say));
    expect(refusal).toMatch(/NATS_URL is nats:\/\/127\.0\.0\.1:\d+, and no NATS answers there/);
    expect(refusal).not.toMatch(/ann:|hunter2/);
  });
});
