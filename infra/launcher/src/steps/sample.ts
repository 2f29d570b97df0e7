import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject, Pod, Service } from '@shiplog/contracts';
import { parse } from 'yaml';
import type { Step } from '../cluster';
import { collectionPath, createIfMissing, KubeClient } from '../kube/kube-client';
import { REPOSITORY } from '../settings';
import { waitUntil } from '../waiting';

const FOLDER = join(REPOSITORY, 'infra', 'sample');
const NAMESPACE = 'default';
const SELECTOR = encodeURIComponent('app=guestbook');

/** Deploys the guestbook through the API like any user, and opens its page. */
export const sample: Step = {
  title: 'Sample: guestbook',
  async run(cluster, say) {
    const client = new KubeClient(cluster.home.kubeconfig);
    try {
      const created = await deploy(client);
      const wanted = created.reduce((sum, object) => sum + replicasOf(object), 0);
      await waitUntil(() => podsReady(client, say, wanted), { name: 'The guestbook', within: 90_000 });
      const url = await pageUrl(client);
      const resting = created.filter((object) => isController(object) && replicasOf(object) === 0);
      if (resting.length > 0)
        return `${resting.map((object) => object.metadata.name).join(', ')} scaled to 0, and left so`;
      await waitUntil(() => pageWorks(url), { name: `The page at ${url}`, within: 20_000 });
      cluster.sampleUrl = url;
      return url;
    } finally {
      client.close();
    }
  },
};

/** Creates what is missing: what a user has changed since the last start stays changed. */
async function deploy(client: KubeClient): Promise<KubeObject[]> {
  const objects = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => parse(readFileSync(join(FOLDER, file), 'utf8')) as KubeObject);
  for (const object of objects) await createIfMissing(client, object, NAMESPACE);
  const path = (object: KubeObject) => `${collectionPath(object, NAMESPACE)}/${object.metadata.name}`;
  return Promise.all(objects.map((object) => client.get<KubeObject>(path(object))));
}

function isController(object: KubeObject): boolean {
  return object.kind === 'Deployment';
}

function replicasOf(object: KubeObject): number {
  return isController(object) ? ((object.spec as { replicas?: number }).replicas ?? 0) : 0;
}

async function podsReady(client: KubeClient, say: (text: string) => void, wanted: number): Promise<true | undefined> {
  const { items } = await client.get<{ items: Pod[] }>(
    `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=${SELECTOR}`,
  );
  const ready = items.filter((pod) => pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'));
  const sentence = `${ready.length} of ${wanted} pods ready`;
  say(sentence);
  if (ready.length < wanted) throw new Error(sentence);
  return true;
}

/** By NodePort on this machine, or by ClusterIP where there is no NodePort. */
async function pageUrl(client: KubeClient): Promise<string> {
  const service = await client.get<Service>(`/api/v1/namespaces/${NAMESPACE}/services/frontend`);
  const port = service.spec?.ports?.[0];
  if (port?.nodePort !== undefined) return `http://127.0.0.1:${port.nodePort}/`;
  return `http://${service.spec?.clusterIP}:${port?.port}/`;
}

/** The page answers, and has reached Redis. */
async function pageWorks(url: string): Promise<true> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  if (answer.status === 200 && /visits so far/.test(await answer.text())) return true;
  throw new Error(`it answers ${answer.status}, without Redis`);
}
