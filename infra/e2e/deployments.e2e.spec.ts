import { setTimeout as pause } from 'node:timers/promises';
import type { Deployment } from '@shiplog/contracts';
import { httpGet, TestCluster, webController } from './support/cluster';

const CLIENTS = 8;
/** Between two requests of a client: a machine has 28,000 ports, and none of them is to come again while it is remembered. */
const PAUSE_MS = 10;

/** Asks again and again, on a connection each time, until it is stopped; keeps what went wrong. */
class Requests {
  readonly failures: string[] = [];
  answered = 0;
  #stopped = false;
  readonly #clients: Promise<void>[];

  constructor(private readonly url: string) {
    this.#clients = Array.from({ length: CLIENTS }, () => this.#ask());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #ask(): Promise<void> {
    while (!this.#stopped) {
      await httpGet(this.url).then(
        ({ status }) => (status === 200 ? (this.answered += 1) : this.failures.push(String(status))),
        (error: Error) => this.failures.push(error.message),
      );
      await pause(PAUSE_MS);
    }
  }
}

/** As users write one that is not to be missed: ready when it answers, and still there while it is taken out of its Service. */
function webDeployment(): object {
  const { metadata, spec } = webController('web', 3) as unknown as {
    metadata: object;
    spec: Deployment['spec'] & object;
  };
  const { template } = spec;
  const containers = template.spec!.containers.map((container) => ({
    ...container,
    lifecycle: { preStop: { exec: { command: ['sleep', '2'] } } },
  }));
  const podSpec = { ...template.spec, terminationGracePeriodSeconds: 10, containers };
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } };
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
    spec: {
      ...{ replicas: 3, strategy, selector: { matchLabels: spec.selector } },
      template: { ...template, spec: podSpec },
    },
  };
}

describe('a Deployment behind a Service', () => {
  const cluster = new TestCluster();
  const namespace = 'rollouts';
  const kubectl = (...args: string[]) => cluster.kubectl('-n', namespace, ...args);

  beforeAll(() => cluster.kubectl('create', 'namespace', namespace));
  afterAll(async () => {
    await cluster.kubectl('delete', 'namespace', namespace, '--wait=false');
    await cluster.close();
  });

  it('is updated under load, and no request is lost', async () => {
    await cluster.kubectlWith({ input: JSON.stringify(webDeployment()) }, '-n', namespace, 'create', '-f', '-');
    await kubectl('expose', 'deployment', 'web', '--port=80');
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=50s');
    const before = (await cluster.pods(namespace)).map((pod) => pod.metadata?.name);
    const requests = new Requests(
      `http://${await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')}/`,
    );
    await kubectl('set', 'env', 'deployment/web', 'VERSION=2');
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=50s');
    for (const name of before) await kubectl('wait', `pod/${name}`, '--for=delete', '--timeout=30s');
    await requests.stop();
    expect(requests.failures).toEqual([]);
    expect(requests.answered).toBeGreaterThan(100);
    expect(await cluster.podsReady(namespace, 3)).toHaveLength(3);
  });
});
