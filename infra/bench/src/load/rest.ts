import { runClients, type NextRequest } from './clients';
import { HttpsClient } from './https-client';
import type { Job, ListOutcome, Rate } from './jobs';
import { monotonicMicroseconds, podOf } from './pod';

type JobOf<K extends Job['kind']> = Extract<Job, { kind: K }>;

/** Creates pods of the names `<prefix>-<client>-<number>`. */
export function createPods(job: JobOf<'create'>): Promise<Rate> {
  const path = `/api/v1/namespaces/${job.namespace}/pods`;
  let left = job.count ?? Infinity;
  return runClients(job.endpoint, job.clients, job.seconds, (client) => {
    let made = 0;
    return () => {
      if (left-- <= 0) return undefined;
      const name = `${job.prefix}-${client}-${made++}`;
      return { method: 'POST', path, body: JSON.stringify(podOf(name, monotonicMicroseconds(), job.like)) };
    };
  });
}

/** Creates config maps of the names `<prefix>-<client>-<number>`. */
export function createMaps(job: JobOf<'create-maps'>): Promise<Rate> {
  const path = `/api/v1/namespaces/${job.namespace}/configmaps`;
  return runClients(job.endpoint, job.clients, job.seconds, (client) => {
    let made = 0;
    return () => {
      const metadata = { name: `${job.prefix}-${client}-${made++}` };
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mode: 'bench' } };
      return { method: 'POST', path, body: JSON.stringify(object) };
    };
  });
}

/** Applies deployments `<prefix>-<client>`, whose number of replicas is another each time. */
export function applyDeployments(job: JobOf<'apply'>): Promise<Rate> {
  const collection = `/apis/apps/v1/namespaces/${job.namespace}/deployments`;
  return runClients(job.endpoint, job.clients, job.seconds, (client) => {
    const name = `${job.prefix}-${client}`;
    const path = `${collection}/${name}?fieldManager=bench&force=true`;
    const containers = [
      { name: 'web', image: 'nginx:1.27', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] },
    ];
    const template = { metadata: { labels: { app: name } }, spec: { containers } };
    let replicas = 0;
    return () => {
      const spec = { replicas: replicas++ % 100, selector: { matchLabels: { app: name } }, template };
      const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels: { app: name } }, spec };
      return { method: 'PATCH', path, body: JSON.stringify(object) };
    };
  });
}

/** Asks for path after path; the clients share them. */
export function askEach({ endpoint, clients, seconds, method, paths }: JobOf<'each'>): Promise<Rate> {
  let asked = 0;
  const next: NextRequest = () => {
    const path = method === 'GET' ? paths[asked % paths.length] : paths[asked];
    asked++;
    return path === undefined ? undefined : { method, path };
  };
  return runClients(endpoint, clients, seconds, () => next);
}

/** The times of one list, asked again and again; the first, which may fill caches, counts as well. */
export async function listAgain({ endpoint, times, path }: JobOf<'list'>): Promise<ListOutcome> {
  const connection = await HttpsClient.open(endpoint);
  const outcome: ListOutcome = { times: [], bytes: 0, errors: 0 };
  for (let i = 0; i < times; i++) {
    const before = performance.now();
    const { status, bodyLength } = await connection.ask('GET', path);
    outcome.times.push(performance.now() - before);
    outcome.bytes = bodyLength;
    if (status !== 200) outcome.errors++;
  }
  connection.close();
  return outcome;
}
