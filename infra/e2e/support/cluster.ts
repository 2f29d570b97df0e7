import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { connectBus, type Bus } from '@shiplog/bus';
import type { Identity, KubeObject, Node, Pod } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import type Docker from 'dockerode';
import { askControl, type ControlVerb } from '../../launcher/src/control/control';
import { engineAt } from '../../launcher/src/engines/engine-client';
import { decodeToken, type JoinToken } from '../../launcher/src/join/token';
import { KubeClient } from '../../launcher/src/kube/kube-client';
import type { Layout } from '../../launcher/src/layout';
import { type Claim } from '../../launcher/src/launcher-claim';
import { ADMIN, OPERATOR } from '../../launcher/src/nats/identities';
import { hasEnded } from '../../launcher/src/processes/ending';
import { ProcessRecords, type ProcessRecord } from '../../launcher/src/processes/records';
import { HealthView } from '../../launcher/src/services/health-view';
import { toolPath } from '../../launcher/src/system/run';
import { HomeAccess } from './access';
import { E2E_HOME, sharedLayout } from './place';

/** By this name of its connection the NATS server's log tells a test from the services. */
export const TEST_CONNECTION = 'end-to-end-test';

/** The journal, the api, the scheduler, the controller, and two that answer for names. */
const SERVICES_OF_MASTER = 6;
/** Kubelet, network and proxy. */
const SERVICES_OF_NODE = 3;
/** Network and proxy. */
const AGENTS_OF_HOST = 2;

/** A cluster as its user has it: a kubeconfig, sockets, and the launcher. By default the one that all end-to-end tests share. */
export class TestCluster {
  readonly home: string;
  readonly kubeconfig: string;
  readonly api: KubeClient;
  readonly access: HomeAccess;
  private view: HealthView | undefined;
  private readonly buses: Bus[] = [];

  /** @param layout of one that runs */
  constructor(
    readonly layout: Layout = sharedLayout(homeOfRun()),
    home = homeOfRun(),
  ) {
    this.home = home;
    this.kubeconfig = join(home, 'kubeconfig');
    this.api = new KubeClient(this.kubeconfig, 32);
    this.access = new HomeAccess(home);
  }

  /** What a kubectl command prints. Throws what it says when it fails. */
  kubectl(...args: string[]): Promise<string> {
    return this.kubectlWith({}, ...args);
  }

  /** kubectl with something on its standard input. */
  kubectlWith(options: { input?: string }, ...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        'kubectl',
        args,
        { env: this.kubectlEnv(), timeout: 60_000, maxBuffer: 1 << 26 },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`kubectl ${args.join(' ')}: ${stderr || error.message}`));
        },
      );
      child.stdin?.end(options.input ?? '');
    });
  }

  /** kubectl that goes on until it is ended. */
  spawnKubectl(...args: string[]): ChildProcess {
    return spawn('kubectl', args, { env: this.kubectlEnv(), stdio: ['ignore', 'pipe', 'pipe'] });
  }

  private kubectlEnv(): NodeJS.ProcessEnv {
    return { ...process.env, PATH: toolPath(), KUBECONFIG: this.kubeconfig, HOME: this.home };
  }

  /** Creates or changes objects as `kubectl apply -f -` does. */
  apply(...objects: object[]): Promise<string> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    return this.kubectlWith({ input }, 'apply', '-f', '-');
  }

  /** The pods of a namespace that a selector chooses. */
  async pods(namespace: string, selector = ''): Promise<Pod[]> {
    const query = selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
    return (await this.api.get<{ items: Pod[] }>(`/api/v1/namespaces/${namespace}/pods${query}`)).items;
  }

  /** Waits until exactly so many pods are there, all of them ready; answers them. */
  podsReady(namespace: string, count: number, selector = '', timeoutMs = 60_000): Promise<Pod[]> {
    return eventually(
      async () => {
        const pods = await this.pods(namespace, selector);
        const states = pods.map((pod) => `${pod.metadata?.name} ${isReady(pod) ? 'ready' : pod.status?.phase}`);
        if (pods.length !== count || !pods.every(isReady))
          throw new Error(`${count} ready pods wanted: ${states.join(', ')}`);
        return pods;
      },
      { timeoutMs },
    );
  }

  /** Waits until every node is Ready, and every pod that has not ended: only those have a place in the rules of Services. */
  async allRunning(timeoutMs = 60_000): Promise<void> {
    await eventually(
      async () => {
        const { items: nodes } = await this.api.get<{ items: Node[] }>('/api/v1/nodes');
        const { items: pods } = await this.api.get<{ items: Pod[] }>('/api/v1/pods');
        const running = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
        const lacking = [...nodes, ...running].filter((item) => !isReady(item));
        if (lacking.length > 0)
          throw new Error(`not ready: ${lacking.map(({ metadata }) => metadata?.name).join(', ')}`);
        return true;
      },
      { timeoutMs },
    );
  }

  /** Runs a test in a namespace of its own, and removes that with all that is in it. */
  async inNamespace<T>(name: string, body: (namespace: string) => Promise<T>): Promise<T> {
    await this.api.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    try {
      return await body(name);
    } finally {
      await this.api.delete(`/api/v1/namespaces/${name}`);
    }
  }

  /** The engines of the minions. */
  engines(): { minion: string; engine: Docker }[] {
    return this.layout.minions.map((minion) => ({ minion: minion.name, engine: engineAt(`unix://${minion.socket}`) }));
  }

  /** Every container of a pod, running or not, on whichever minion. */
  async containersOf(
    namespace: string,
    all = true,
  ): Promise<{ engine: Docker; id: string; image: string; labels: Record<string, string> }[]> {
    const found = this.engines().map(async ({ engine }) => {
      const list = await engine.listContainers({
        all,
        filters: { label: [`io.kubernetes.pod.namespace=${namespace}`] },
      });
      return list.map((item) => ({ engine, id: item.Id, image: item.Image, labels: item.Labels }));
    });
    return (await Promise.all(found)).flat();
  }

  /** The running processes, by the names that `npm run status` shows. */
  processes(): ProcessRecord[] {
    return new ProcessRecords(join(this.home, 'run')).alive();
  }

  /** One of them. */
  process(name: string): ProcessRecord {
    const record = this.processes().find((item) => item.name === name);
    if (record === undefined) throw new Error(`${name} does not run`);
    return record;
  }

  /** What a process has written so far. */
  logOf(name: string): string {
    return readFileSync(join(this.home, 'logs', `${name}.log`), 'utf8');
  }

  /** Kills a process as a crash would; resolves once it is gone. */
  async kill(name: string): Promise<void> {
    const record = this.process(name);
    process.kill(record.pid, 'SIGKILL');
    await hasEnded(record, 5_000);
  }

  /** Stops, starts or restarts a process through the launcher, as `npm run service` does. */
  async control(verb: ControlVerb, name: string): Promise<void> {
    const answer = await askControl(this.home, { verb, name });
    if (!answer.ok) throw new Error(answer.reason);
  }

  /** What `npm run token` prints for a machine that is to join within some minutes. */
  async newToken(minutes = 5): Promise<JoinToken> {
    const answer = await askControl(this.home, { verb: 'token', name: String(minutes) });
    if (!answer.ok) throw new Error(answer.reason);
    return decodeToken(answer.text ?? '');
  }

  /** Waits until every service that should run says that it does its work. */
  async allReady(timeoutMs = 60_000): Promise<void> {
    const wanted = SERVICES_OF_MASTER + SERVICES_OF_NODE * this.layout.minions.length + AGENTS_OF_HOST;
    await eventually(
      async () => {
        const view = await this.watcher();
        const reports = await view.ask(1_000, wanted);
        const lacking = reports.filter((report) => !report.ready).map((report) => `${report.service} ${report.detail}`);
        if (reports.length < wanted || lacking.length > 0) {
          throw new Error(`${reports.length} of ${wanted} services answer; not ready: ${lacking.join(', ')}`);
        }
        return true;
      },
      { timeoutMs },
    );
  }

  /** What an operator sees. The bus may be away at first, so a failure to connect is not kept. */
  async watcher(): Promise<HealthView> {
    this.view ??= await HealthView.open(this.claim().natsUrl, this.access.files(OPERATOR));
    return this.view;
  }

  /** A connection to the bus with an identity's own credentials, by default those of a person with all rights. */
  async bus(identity: Identity = ADMIN): Promise<Bus> {
    const bus = await connectBus({
      url: this.claim().natsUrl,
      name: TEST_CONNECTION,
      identity,
      credentials: this.access.files(identity),
      onError: () => undefined, // What tests provoke, they look at themselves.
    });
    this.buses.push(bus);
    return bus;
  }

  /** Makes an identity known to the NATS server, as the launcher does when a machine joins: the server reloads. */
  async admit(...identities: readonly Identity[]): Promise<void> {
    await this.access.allow(...identities);
    this.reloadNats();
  }

  /** Has the NATS server read its configuration again. */
  reloadNats(): void {
    process.kill(this.process('nats').pid, 'SIGHUP');
  }

  /** What the launcher lets others know. */
  claim(): Claim {
    return JSON.parse(readFileSync(join(this.home, 'cluster.json'), 'utf8')) as Claim;
  }

  async close(): Promise<void> {
    this.api.close();
    await Promise.all(this.buses.map((bus) => bus.connection.close()));
    await this.view?.close();
  }
}

/** Whether the Ready condition of a pod or a node is True. */
export function isReady({ status }: Pod | Node): boolean {
  return status?.conditions?.some((item) => item.type === 'Ready' && item.status === 'True') ?? false;
}

/** One HTTP GET on a connection of its own, as `curl` would. */
export function httpGet(
  url: string,
  timeoutMs = 3_000,
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer from ${url}`)));
    asked.once('error', reject);
  });
}

/** A ReplicationController of web servers that answer with their pod's name. */
export function webController(name: string, replicas: number): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name },
    spec: {
      replicas,
      selector: labels,
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'web',
              image: 'busybox:1.36',
              command: [
                'sh',
                '-c',
                'mkdir /www; hostname > /www/index.html; trap "exit 0" TERM; httpd -f -p 80 -h /www & wait',
              ],
              ports: [{ containerPort: 80 }],
              readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  };
}

function homeOfRun(): string {
  const home = process.env[E2E_HOME];
  if (home === undefined || !existsSync(home))
    throw new Error('the end-to-end cluster does not run: see global-setup.ts');
  return home;
}
