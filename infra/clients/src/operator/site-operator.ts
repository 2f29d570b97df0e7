import * as k8s from '@kubernetes/client-node';
import { FINALIZER, GROUP, PLURAL, type Site, type SiteStatus } from './site';

const VERSION = 'v1';
/** Who it is in managedFields. */
export const MANAGER = 'site-operator';
const RETRY_MS = 100;
const NONE_LEFT = new Set([404]);
/** Somebody else was faster; what is there now is looked at. */
const TRY_AGAIN = new Set([404, 409]);

/**
 * An operator as people write them with client-node: informers say what has changed, each site is brought to what it asks for, one
 * change after the other; its status says how far it is, and a finalizer holds it until its record is gone.
 */
export class SiteOperator {
  readonly #core: k8s.CoreV1Api;
  readonly #apps: k8s.AppsV1Api;
  readonly #custom: k8s.CustomObjectsApi;
  readonly #informers: (k8s.Informer<Site> | k8s.Informer<k8s.V1Deployment>)[] = [];
  /** Sites that may have to be looked at, as `namespace/name`. */
  readonly #due = new Set<string>();
  #working: Promise<void> | undefined;
  #stopped = false;
  /** What it could not do and does not try again for. */
  readonly problems: unknown[] = [];

  constructor(private readonly config: k8s.KubeConfig) {
    this.#core = config.makeApiClient(k8s.CoreV1Api);
    this.#apps = config.makeApiClient(k8s.AppsV1Api);
    this.#custom = config.makeApiClient(k8s.CustomObjectsApi);
  }

  /** Resolves when it has seen what is there. */
  async start(): Promise<void> {
    const sites = k8s.makeInformer<Site>(
      this.config,
      `/apis/${GROUP}/${VERSION}/${PLURAL}`,
      () => this.#custom.listCustomObjectForAllNamespaces({ group: GROUP, version: VERSION, plural: PLURAL }) as Promise<k8s.KubernetesListObject<Site>>,
    ); // prettier-ignore
    const deployments = k8s.makeInformer(this.config, '/apis/apps/v1/deployments', () =>
      this.#apps.listDeploymentForAllNamespaces(),
    );
    for (const event of ['add', 'update', 'delete'] as const) {
      sites.on(event, ({ metadata }) => this.#look(metadata.namespace, metadata.name));
      deployments.on(event, ({ metadata }) => {
        const owner = metadata?.ownerReferences?.find(({ kind }) => kind === 'Site');
        if (owner !== undefined) this.#look(metadata?.namespace, owner.name);
      });
    }
    this.#informers.push(sites, deployments);
    for (const informer of this.#informers) {
      informer.on('error', () => void setTimeout(() => this.#stopped || void informer.start(), RETRY_MS));
      await informer.start();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#informers.map((informer) => informer.stop()));
    await this.#working;
  }

  #look(namespace = '', name = ''): void {
    this.#due.add(`${namespace}/${name}`);
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  async #work(): Promise<void> {
    for (const key of this.#due) {
      if (this.#stopped) return;
      this.#due.delete(key);
      const [namespace = '', name = ''] = key.split('/');
      try {
        await this.#reconcile(namespace, name);
      } catch (error) {
        if (error instanceof k8s.ApiException && TRY_AGAIN.has(error.code))
          setTimeout(() => this.#look(namespace, name), RETRY_MS);
        else this.problems.push(error);
      }
    }
  }

  async #reconcile(namespace: string, name: string): Promise<void> {
    const key = { group: GROUP, version: VERSION, plural: PLURAL, namespace, name };
    const site = (await orNothing(this.#custom.getNamespacedCustomObject(key))) as Site | undefined;
    if (site === undefined) return;
    const finalizers = site.metadata.finalizers ?? [];
    const merge = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);
    const finalize = (names: readonly string[]) => {
      const { resourceVersion } = site.metadata;
      const body = { metadata: { resourceVersion, finalizers: names } };
      return this.#custom.patchNamespacedCustomObject({ ...key, body, fieldManager: MANAGER }, merge);
    };
    if (site.metadata.deletionTimestamp !== undefined) {
      await orNothing(this.#core.deleteNamespacedConfigMap({ namespace, name: recordOf(name) }));
      if (finalizers.includes(FINALIZER)) await finalize(finalizers.filter((one) => one !== FINALIZER));
      return;
    }
    if (!finalizers.includes(FINALIZER)) await finalize([...finalizers, FINALIZER]);
    await this.#record(namespace, site);
    const deployment = await this.#deploy(namespace, site);
    const status = statusOf(site, deployment);
    if (JSON.stringify(status) === JSON.stringify(site.status)) return;
    await this.#custom.patchNamespacedCustomObjectStatus({ ...key, body: { status }, fieldManager: MANAGER }, merge);
  }

  /** The record of a host: no owner's, so it goes by the finalizer alone. */
  async #record(namespace: string, { metadata: { name = '' }, spec: { host } }: Site): Promise<void> {
    const body: k8s.V1ConfigMap = { metadata: { name: recordOf(name) }, data: { host } };
    await this.#core.createNamespacedConfigMap({ namespace, body }).catch((error: unknown) => {
      if (!(error instanceof k8s.ApiException && error.code === 409)) throw error;
    });
  }

  #deploy(namespace: string, { apiVersion, kind, metadata, spec }: Site): Promise<k8s.V1Deployment> {
    const { name = '', uid = '' } = metadata;
    const labels = { site: name };
    const body: k8s.V1Deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, labels, ownerReferences: [{ apiVersion, kind, name, uid, controller: true }] },
      spec: {
        ...(spec.replicas === undefined ? {} : { replicas: spec.replicas }),
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'web', image: 'nginx:1.27', env: [{ name: 'HOST', value: spec.host }] }] },
        },
      },
    };
    const apply = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.ServerSideApply);
    return this.#apps.patchNamespacedDeployment({ namespace, name, body, fieldManager: MANAGER, force: true }, apply);
  }
}

/** The name of what the world outside is told of a site. */
export function recordOf(site: string): string {
  return `record-of-${site}`;
}

function statusOf(site: Site, { status }: k8s.V1Deployment): SiteStatus {
  const ready = status?.readyReplicas ?? 0;
  const isReady = ready >= (site.spec.replicas ?? 1);
  const before = site.status?.conditions?.find(({ type }) => type === 'Ready');
  const state = isReady ? 'True' : 'False';
  const since = before?.status === state ? before.lastTransitionTime : new Date().toISOString();
  const condition = {
    type: 'Ready',
    status: state,
    reason: isReady ? 'Serving' : 'Starting',
    lastTransitionTime: since,
  };
  const generation = site.metadata.generation;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ready,
    conditions: [condition as unknown as k8s.V1Condition],
  };
}

async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof k8s.ApiException && NONE_LEFT.has(error.code)) return undefined;
    throw error;
  }
}
