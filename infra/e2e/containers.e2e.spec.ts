import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pod } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import type Docker from 'dockerode';
import type { StartedTestContainer } from 'testcontainers';
import { Cluster } from '../launcher/src/cluster';
import { engineAt } from '../launcher/src/engines/engine-client';
import { removeContainers } from '../launcher/src/engines/stop-containers';
import { IMAGES, SERVICE_BASE, STORE_IMAGES } from '../launcher/src/images/catalogue';
import { provideComposeAccess } from '../launcher/src/images/compose-access';
import { dockerImages } from '../launcher/src/images/image-store';
import { provideImage } from '../launcher/src/images/provide-images';
import { buildServiceImages } from '../launcher/src/images/service-images';
import { KubeClient } from '../launcher/src/kube/kube-client';
import { settingsFrom } from '../launcher/src/settings';
import { PlainEngine } from '../testing/src/plain-engine';
import { isReady, TestCluster } from './support/cluster';
import { ComposeFile } from './support/compose';
import { execIn } from './support/exec';
import { E2E_SLOT } from './support/place';

/** In an order in which each finds what it needs; all but the first three would wait. */
const ORDER = ['postgres', 'nats', 'migrate', 'journal', 'api', 'scheduler', 'controller', 'kubelet', 'proxy'];
const SERVICES = ['journal', 'api', 'scheduler', 'controller', 'kubelet', 'proxy'] as const;
const API_PORT = 6443;
const NODE_PORT = 30_001;
/** The images are built from nothing on a clean machine. */
const SETUP_MS = 300_000;
/** How long the engine may take to remove all containers, in milliseconds; then it is ended as it is. */
const REMOVAL_MS = 45_000;
const PODS = '/api/v1/namespaces/default/pods';

describe('the system as containers, from the images that docker-compose.dev.yml names', () => {
  const shared = new TestCluster();
  const home = join(shared.home, 'compose');
  const started = new Map<string, StartedTestContainer>();
  let plain: PlainEngine;
  let engine: Docker;
  let file: ComposeFile;
  let api: KubeClient;
  let inPod: Docker.Container;

  beforeAll(async () => {
    plain = await PlainEngine.start(shared.home, E2E_SLOT);
    engine = engineAt(plain.dockerHost);
    // testcontainers asks the environment which engine to use, and where its published ports are.
    process.env.DOCKER_HOST = plain.dockerHost;
    process.env.TESTCONTAINERS_HOST_OVERRIDE = plain.address;
    process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
    const { cache } = settingsFrom(process.env);
    for (const row of [SERVICE_BASE, ...STORE_IMAGES, ...IMAGES])
      await provideImage([dockerImages(engine)], row, cache, () => undefined);
    const settings = settingsFrom({ SHIPLOG_HOME: home, API_PORT: String(API_PORT) });
    await buildServiceImages(engine, SERVICES, settings.slot);
    await provideComposeAccess(new Cluster(settings, () => undefined));
    const state = stateDir(home);
    file = new ComposeFile(engine, {
      access: home,
      mounts: {
        '/var/run/docker.sock:/var/run/docker.sock': `${plain.dockerHost.replace('unix://', '')}:/var/run/docker.sock`,
        '/var/lib/shiplog/kubelet:/var/lib/shiplog/kubelet': `${state}:${state}`,
      },
      environment: { kubelet: { STATE_DIR: state } },
    });
    await file.makeNetworks();
    for (const name of ORDER) started.set(name, await file.start(name));
    api = new KubeClient(kubeconfigFor(started.get('api')!));
    await eventually(() => api.get('/readyz'), { timeoutMs: 30_000 });
  }, SETUP_MS);
  afterAll(async () => {
    api?.close();
    delete process.env.DOCKER_HOST;
    // The engine goes with everything on it, also with one of which it says nothing any more.
    await Promise.race([removeContainers(plain.dockerHost, {}), delay(REMOVAL_MS, undefined, { ref: false })]);
    await plain.stop();
    await shared.close();
  });

  /** The certificate names 127.0.0.1; from here the port is at another address. */
  const kubeconfigFor = (container: StartedTestContainer): string => {
    const path = join(home, 'kubeconfig-outside');
    const text = readFileSync(join(home, 'kubeconfig'), 'utf8');
    const server = `https://${plain.address}:${container.getMappedPort(API_PORT)}`;
    writeFileSync(path, text.replace(/server: .*/, `server: ${server}\n      tls-server-name: localhost`));
    return path;
  };

  const containerOf = (name: string): Docker.Container => engine.getContainer(started.get(name)!.getId());
  const inspect = (name: string) => containerOf(name).inspect();

  /** What a container's service wrote last, for the message of a failure. */
  const logOf = async (name: string): Promise<string> => {
    return (await containerOf(name).logs({ stdout: true, stderr: true, tail: 5 })).toString();
  };

  const run = (container: Docker.Container, ...command: string[]) => execIn(engine, container.id, ...command);

  const addressOf = async (name: string, network: string): Promise<string> => {
    const { NetworkSettings } = await inspect(name);
    return NetworkSettings.Networks[file.network(network)]!.IPAddress;
  };

  it('are all of the file', () => {
    expect([...started.keys()].filter((name) => name !== 'migrate').sort()).toEqual(file.lasting.sort());
  });

  it('runs a pod', async () => {
    const command = ['httpd', '-f', '-p', '8080', '-h', '/etc'];
    const containers = [{ name: 'c', image: 'busybox:1.36', command }];
    const metadata = { name: 'contained', labels: { app: 'contained' } };
    await eventually(() => api.post(PODS, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } }));
    const pod = await eventually(
      async () => {
        const found = await api.get<Pod>(`${PODS}/contained`);
        if (!isReady(found)) throw new Error(`${JSON.stringify(found.status)}\n${await logOf('kubelet')}`);
        return found;
      },
      { timeoutMs: 60_000 },
    );
    expect(pod.spec?.nodeName).toBe('minion-1');
    const found = await engine.listContainers({ filters: { label: [`io.kubernetes.pod.uid=${pod.metadata?.uid}`] } });
    expect(found).toHaveLength(2);
    inPod = engine.getContainer(found.find(({ Labels }) => Labels['io.kubernetes.container.name'] === 'c')!.Id);
  });

  it('leads a node port to the pod', async () => {
    const spec = {
      type: 'NodePort',
      selector: { app: 'contained' },
      ports: [{ port: 80, targetPort: 8080, nodePort: NODE_PORT }],
    };
    const metadata = { name: 'contained' };
    await api.post('/api/v1/namespaces/default/services', { apiVersion: 'v1', kind: 'Service', metadata, spec });
    await eventually(async () => {
      const request = String.raw`printf 'GET /hostname HTTP/1.0\r\n\r\n' | nc -w 2 proxy ${NODE_PORT}`;
      const { output } = await run(inPod, 'sh', '-c', request);
      if (!output.endsWith('contained\n')) throw new Error(`${output}\n${await logOf('proxy')}`);
      return true;
    });
  });

  describe('a pod', () => {
    /** Whether something takes a connection there. */
    const reaches = async (host: string, port: number): Promise<boolean> => {
      const { code } = await run(inPod, 'timeout', '3', 'sh', '-c', `echo | nc -w 2 ${host} ${port}`);
      return code === 0;
    };

    it('reaches the api', async () => {
      expect(await reaches('api', API_PORT)).toBe(true);
      expect(await reaches(await addressOf('api', 'pods'), API_PORT)).toBe(true);
    });

    it.each([
      ['nats', 4222],
      ['postgres', 5432],
    ])('reaches %s neither by its name nor at its address, while the api works with it', async (name, port) => {
      expect(await reaches(name, port)).toBe(false);
      expect(await reaches(await addressOf(name, 'control'), port)).toBe(false);
      await api.get(`${PODS}/contained`);
    });

    it.each(['api', 'kubelet', 'proxy'])('is not led into the control network by %s', async (name) => {
      const { output } = await run(containerOf(name), 'cat', '/proc/sys/net/ipv4/ip_forward');
      expect(output.trim()).toBe('0');
    });
  });

  describe('nobody is given more than it needs:', () => {
    it('the engine’s socket is mounted into the kubelet alone', async () => {
      const having = await Promise.all(
        [...started.keys()].map(async (name) => {
          const { Mounts } = await inspect(name);
          return Mounts.some(({ Destination }) => Destination === '/var/run/docker.sock') ? [name] : [];
        }),
      );
      expect(having.flat()).toEqual(['kubelet']);
    });

    it.each(['nats', 'postgres'])('no port of %s is published', async (name) => {
      const { NetworkSettings, HostConfig } = await inspect(name);
      expect(Object.keys((HostConfig.PortBindings as object | null) ?? {})).toEqual([]);
      expect(Object.values(NetworkSettings.Ports).filter(Boolean)).toEqual([]);
    });

    it.each(SERVICES.filter((name) => name !== 'kubelet'))('%s is not root, and can’t become it', async (name) => {
      const { output } = await run(containerOf(name), 'cat', '/proc/1/status');
      expect(output).not.toMatch(/^Uid:.*\t0\b/m);
      expect(output).toMatch(/^CapBnd:\s+0+$/m);
      expect(output).toMatch(/^NoNewPrivs:\s+1$/m);
    });

    it.each(SERVICES)('%s has no credentials but its own', async (name) => {
      const { Mounts } = await inspect(name);
      const sources = Mounts.map(({ Source }) => Source).filter((source) =>
        source.startsWith(join(home, 'credentials')),
      );
      expect(sources).toEqual([join(home, 'credentials', `${name}.${isAgent(name) ? 'minion-1' : 'main'}`)]);
      expect(
        Mounts.filter(({ Source, RW }) => Source.startsWith(`${home}/`) && RW).map(({ Source }) => Source),
      ).toEqual(name === 'kubelet' ? [stateDir(home)] : []);
    });
  });
});

const isAgent = (name: string): boolean => ['kubelet', 'proxy'].includes(name);

/** Mounted into pods by the engine, so it has the same name inside the kubelet's container and outside. */
function stateDir(home: string): string {
  const path = join(home, 'kubelet');
  mkdirSync(path, { recursive: true });
  return path;
}
