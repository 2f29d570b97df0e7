import { setTimeout as wait } from 'node:timers/promises';
import { KubeRefused } from '../../launcher/src/kube/kube-client';
import type { TestCluster } from './cluster';

const WRITERS = 4;
const PAUSE_AFTER_FAILURE_MS = 50;

/** Steady writes through the API that go on, and are repeated until they succeed, whatever is being broken meanwhile. */
export class Load {
  /** Names of the objects whose creation was acknowledged. */
  readonly acknowledged = new Set<string>();
  failures = 0;
  private stopped = false;
  private readonly writers: Promise<void>[];

  constructor(
    private readonly cluster: TestCluster,
    private readonly namespace: string,
  ) {
    this.writers = Array.from({ length: WRITERS }, (_, writer) => this.write(writer));
  }

  /** Lets every writer finish what it has begun. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.writers);
  }

  /** The names that the API lists, which must be exactly those acknowledged. */
  async listed(): Promise<Set<string>> {
    const path = `/api/v1/namespaces/${this.namespace}/configmaps?labelSelector=load%3Dyes`;
    const { items } = await this.cluster.api.get<{ items: { metadata: { name: string } }[] }>(path);
    return new Set(items.map((item) => item.metadata.name));
  }

  private async write(writer: number): Promise<void> {
    for (let i = 0; !this.stopped; i += 1) await this.create(`load-${writer}-${i}`);
  }

  /** A repeated create that meets its own first try (409) has been done as well. */
  private async create(name: string): Promise<void> {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { load: 'yes' } }, data: { name } };
    for (;;) {
      try {
        await this.cluster.api.post(`/api/v1/namespaces/${this.namespace}/configmaps`, object);
        break;
      } catch (error) {
        if (error instanceof KubeRefused && error.code === 409) break;
        if (error instanceof KubeRefused && error.code < 500 && error.code !== 429) throw error;
        this.failures += 1;
        await wait(PAUSE_AFTER_FAILURE_MS);
      }
    }
    this.acknowledged.add(name);
  }
}
