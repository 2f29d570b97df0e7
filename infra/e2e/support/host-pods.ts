import type { Pod, Service } from '@shiplog/contracts';
import type Docker from 'dockerode';
import type { TestCluster } from './cluster';
import { execIn } from './exec';
import type { TestMinion } from './minion';

const SUBDOMAIN = 'hosts';
const PORT = 80;
/** Each in the background, so that one that does not answer holds nobody up. */
const ASK_ALL = 'for url; do { echo "$url $(timeout 4 wget -q -O - "http://$url/" 2>&1 | tail -n 1)"; } & done; wait';

/** A pod on each minion that says its minion's name to who asks, and what leads there: Services, and names of both. */
export class HostPods {
  #pods: Pod[] = [];
  #services: Service[] = [];
  #containers = new Map<string, { engine: Docker; id: string }>();

  constructor(
    private readonly cluster: TestCluster,
    private readonly namespace: string,
    private readonly minions: readonly TestMinion[],
  ) {}

  async create(): Promise<void> {
    const { namespace } = this;
    const all = { app: SUBDOMAIN };
    const items = [
      serviceOf(SUBDOMAIN, all, { clusterIP: 'None' }),
      serviceOf('any', all),
      ...this.minions.flatMap(({ name }) => [podOn(name), serviceOf(name, { on: name })]),
    ].map((item) => ({ ...item, metadata: { ...item.metadata, namespace } }));
    await this.cluster.apply(...items);
    this.#pods = await this.cluster.podsReady(namespace, this.minions.length);
    const listed = await this.cluster.api.get<{ items: Service[] }>(`/api/v1/namespaces/${namespace}/services`);
    this.#services = listed.items;
    await this.#findContainers();
  }

  /** Every way to each minion's pod: by its address, its Service's address, and the names of both. */
  waysTo(minions: readonly TestMinion[] = this.minions): Map<string, string> {
    const ways = minions.flatMap(({ name }) => [
      [this.addressOf(name), name] as const,
      [this.clusterIp(name), name] as const,
      [`${name}.${this.namespace}`, name] as const,
      [`${name}.${SUBDOMAIN}.${this.namespace}.svc.cluster.local`, name] as const,
    ]);
    return new Map(ways);
  }

  /** What a minion's pod is told at each of some places: a minion's name, or what went wrong. */
  async ask(from: TestMinion, places: Iterable<string>): Promise<Map<string, string>> {
    const { engine, id } = this.#containers.get(from.name)!;
    const { output } = await execIn(engine, id, 'sh', '-c', ASK_ALL, 'sh', ...places);
    const lines = output.split('\n').filter((line) => line !== '');
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
  }

  /** What the processes of a minion itself are told at some places. */
  async askFromHost(from: TestMinion, places: Iterable<string>): Promise<Map<string, string>> {
    const answers = [...places].map(async (place) => {
      const said = await from.within('curl', '-s', '-m', '4', `http://${place}/`).catch(String);
      return [place, said.trim()] as const;
    });
    return new Map(await Promise.all(answers));
  }

  addressOf(name: string): string {
    return this.#pods.find((pod) => pod.spec?.nodeName === name)?.status?.podIP ?? '';
  }

  clusterIp(name: string): string {
    return this.#services.find((service) => service.metadata?.name === name)?.spec?.clusterIP ?? '';
  }

  /** What makes each pod itself, and not one that has come in its place. */
  async identities(): Promise<string[]> {
    const pods = await this.cluster.pods(this.namespace);
    await this.#findContainers();
    return pods
      .map(({ metadata, spec, status }) => {
        const restarts = status?.containerStatuses?.[0]?.restartCount;
        const { id } = this.#containers.get(spec?.nodeName ?? '')!;
        return `${metadata?.uid} at ${status?.podIP} restarted ${restarts} times, now ${id}`;
      })
      .sort();
  }

  /** The container of a minion's pod that runs now. */
  async container(minion: TestMinion): Promise<Docker.Container> {
    await this.#findContainers();
    const { engine, id } = this.#containers.get(minion.name)!;
    return engine.getContainer(id);
  }

  async #findContainers(): Promise<void> {
    const found = await this.cluster.containersOf(this.namespace, false);
    const apps = found.filter(({ labels }) => labels['io.shiplog.role'] === 'app');
    this.#containers = new Map(
      apps.map(({ engine, id, labels }) => [labels['io.kubernetes.pod.name'] ?? '', { engine, id }]),
    );
  }
}

function podOn(node: string) {
  const script = `mkdir /www; echo ${node} > /www/index.html; exec httpd -f -p ${PORT} -h /www`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: node, labels: { app: SUBDOMAIN, on: node } },
    spec: {
      nodeName: node,
      hostname: node,
      subdomain: SUBDOMAIN,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'c',
          image: 'busybox:1.36',
          command: ['sh', '-c', script],
          readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
        },
      ],
    },
  };
}

function serviceOf(name: string, selector: Record<string, string>, more: object = {}) {
  const spec = { selector, ports: [{ port: PORT }], ...more };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}
