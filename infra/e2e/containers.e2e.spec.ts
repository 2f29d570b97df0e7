import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import type Docker from 'dockerode';
import { Network, type StartedNetwork, type StartedTestContainer } from 'testcontainers';
import { Cluster } from '../launcher/src/cluster';
import { engineAt } from '../launcher/src/engines/engine-client';
import { removeContainers } from '../launcher/src/engines/stop-containers';
import { IMAGES, SERVICE_BASE, STORE_IMAGES } from '../launcher/src/images/catalogue';
import { provideImage } from '../launcher/src/images/provide-images';
import { buildServiceImages } from '../launcher/src/images/service-images';
import { KubeClient } from '../launcher/src/kube/kube-client';
import { REPOSITORY, settingsFrom } from '../launcher/src/settings';
import { certificates } from '../launcher/src/steps/certificates';
import { PlainEngine } from '../testing/src/plain-engine';
import { isReady, TestCluster } from './support/cluster';
import { ComposeFile } from './support/compose';
import { E2E_SLOT } from './support/place';

const SERVICES = ['journal', 'api', 'scheduler', 'controller', 'kubelet'];
const STORES = ['postgres', 'nats'];
const API_PORT = 6443;
/** The images are built from nothing on a clean machine. */
const SETUP_MS = 300_000;

describe('the system as containers, from the images that docker-compose.dev.yml names', () => {
  const shared = new TestCluster();
  const home = join(shared.home, 'compose');
  const started: StartedTestContainer[] = [];
  let plain: PlainEngine;
  let engine: Docker;
  let network: StartedNetwork;
  let api: KubeClient;

  beforeAll(async () => {
    plain = await PlainEngine.start(shared.home, E2E_SLOT);
    engine = engineAt(plain.dockerHost);
    // testcontainers asks the environment which engine to use, and where its published ports are.
    process.env.DOCKER_HOST = plain.dockerHost;
    process.env.TESTCONTAINERS_HOST_OVERRIDE = plain.address;
    process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
    const { cache } = settingsFrom(process.env);
    for (const row of [SERVICE_BASE, ...STORE_IMAGES, ...IMAGES])
      await provideImage([engine], row, cache, () => undefined);
    await buildServiceImages(engine, SERVICES);
    await certificates.run(
      new Cluster(settingsFrom({ SHIPLOG_HOME: home, API_PORT: String(API_PORT) }), () => undefined),
      () => undefined,
    );
    network = await new Network().start();
    const file = new ComposeFile(network, {
      mounts: {
        './.shiplog/compose:/access:ro': `${home}:/access`,
        './infra/images/nats/server.conf:/server.conf:ro': `${join(REPOSITORY, 'infra/images/nats/server.conf')}:/server.conf`,
        '/var/run/docker.sock:/var/run/docker.sock': `${plain.dockerHost.replace('unix://', '')}:/var/run/docker.sock`,
        '/var/lib/shiplog/kubelet:/var/lib/shiplog/kubelet': `${stateDir(home)}:${stateDir(home)}`,
      },
      environment: { kubelet: { POD_DOCKER_NETWORK: network.getName(), STATE_DIR: stateDir(home) } },
    });
    for (const name of [...STORES, ...SERVICES]) started.push(await file.start(name));
    api = new KubeClient(kubeconfigFor(started[STORES.length + SERVICES.indexOf('api')]!));
  }, SETUP_MS);
  afterAll(async () => {
    api?.close();
    delete process.env.DOCKER_HOST;
    // The engine goes with everything on it.
    await removeContainers(plain.dockerHost, {});
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

  /** What a container's service wrote last, for the message of a failure. */
  const logOf = async (name: string): Promise<string> => {
    const container = engine.getContainer(started[[...STORES, ...SERVICES].indexOf(name)]!.getId());
    return (await container.logs({ stdout: true, stderr: true, tail: 5 })).toString();
  };

  it('runs a pod', async () => {
    await eventually(() => api.get('/readyz'), { timeoutMs: 30_000 });
    const pods = '/api/v1/namespaces/default/pods';
    const spec = { containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', '3600'] }] };
    await eventually(() => api.post(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'contained' }, spec }));
    const pod = await eventually(
      async () => {
        const found = await api.get<Pod>(`${pods}/contained`);
        if (!isReady(found)) throw new Error(`${JSON.stringify(found.status)}\n${await logOf('kubelet')}`);
        return found;
      },
      { timeoutMs: 60_000 },
    );
    expect(pod.spec?.nodeName).toBe('minion-1');
    const containers = await engine.listContainers({
      filters: { label: [`io.kubernetes.pod.uid=${pod.metadata?.uid}`] },
    });
    expect(containers).toHaveLength(2);
  });
});

/** Mounted into pods by the engine, so it has the same name inside the kubelet's container and outside. */
function stateDir(home: string): string {
  const path = join(home, 'kubelet');
  mkdirSync(path, { recursive: true });
  return path;
}
