import * as k8s from '@kubernetes/client-node';
import { eventually } from '@shiplog/testing';
import { Rig } from '../../../services/api/src/testing/rig';
import { samples } from './sample-kinds';
import { nodeConfigOf } from './node-config';

const NAMESPACE = 'node-client';

let rig: Rig;
let config: k8s.KubeConfig;
let core: k8s.CoreV1Api;
let apps: k8s.AppsV1Api;
beforeAll(async () => {
  rig = await Rig.start();
  config = nodeConfigOf(rig);
  core = config.makeApiClient(k8s.CoreV1Api);
  apps = config.makeApiClient(k8s.AppsV1Api);
  await core.createNamespace({ body: { metadata: { name: NAMESPACE } } });
});
afterAll(async () => {
  await rig?.stop();
});

const namespace = NAMESPACE;
const podOf = (name: string, labels: Record<string, string> = {}): k8s.V1Pod => ({
  metadata: { name, labels },
  spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
});
const deploymentOf = (name: string): k8s.V1Deployment => ({
  metadata: { name, annotations: { since: 'ever' } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] } },
  },
});
const patchedAs = (type: string): k8s.ConfigurationOptions => k8s.setHeaderOptions('Content-Type', type);

describe('client-node', () => {
  it('takes every kind through create, read, list, patch, replace and delete by its generic client', async () => {
    const objects = k8s.KubernetesObjectApi.makeApiClient(config);
    const wrong: string[] = [];
    for (const { manifest, row, shown } of samples().filter(({ row }) => row.id !== 'namespaces')) {
      // Objects of the kinds that are in none keep their name.
      const metadata = { ...manifest.metadata, ...(row.namespaced ? { namespace: 'default' } : {}) };
      const object = JSON.parse(JSON.stringify({ ...manifest, metadata })) as typeof manifest;
      const { apiVersion, kind } = manifest;
      try {
        await objects.create(object);
        const patch = { apiVersion, kind, metadata: { ...metadata, labels: { patched: 'yes' } } };
        await objects.patch(patch, undefined, undefined, undefined, undefined, k8s.PatchStrategy.MergePatch);
        const present = await objects.read({ apiVersion, kind, metadata });
        if (present.metadata?.labels?.['patched'] !== 'yes') throw new Error('the patch is not there');
        const listed = await objects.list(apiVersion, kind, row.namespaced ? 'default' : undefined);
        if (!listed.items.some(({ metadata: its }) => its?.uid === present.metadata?.uid))
          throw new Error('not listed');
        await objects.replace(present);
        await objects.delete(present);
      } catch (error) {
        wrong.push(`${shown}: ${String(error)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has a typed client of every group, which reads what it is answered', async () => {
    const lists: Record<string, () => Promise<{ items: unknown[] }>> = {
      admissionregistration: () => config.makeApiClient(k8s.AdmissionregistrationV1Api).listValidatingWebhookConfiguration(),
      apiregistration: () => config.makeApiClient(k8s.ApiregistrationV1Api).listAPIService(),
      apps: () => apps.listDeploymentForAllNamespaces(),
      autoscaling: () => config.makeApiClient(k8s.AutoscalingV2Api).listNamespacedHorizontalPodAutoscaler({ namespace }),
      'autoscaling v1': () => config.makeApiClient(k8s.AutoscalingV1Api).listNamespacedHorizontalPodAutoscaler({ namespace }),
      batch: () => config.makeApiClient(k8s.BatchV1Api).listNamespacedCronJob({ namespace }),
      certificates: () => config.makeApiClient(k8s.CertificatesV1Api).listCertificateSigningRequest(),
      coordination: () => config.makeApiClient(k8s.CoordinationV1Api).listNamespacedLease({ namespace }),
      core: () => core.listNamespace(),
      discovery: () => config.makeApiClient(k8s.DiscoveryV1Api).listNamespacedEndpointSlice({ namespace: 'default' }),
      events: () => config.makeApiClient(k8s.EventsV1Api).listNamespacedEvent({ namespace }),
      flowcontrol: () => config.makeApiClient(k8s.FlowcontrolApiserverV1Api).listFlowSchema(),
      networking: () => config.makeApiClient(k8s.NetworkingV1Api).listNamespacedIngress({ namespace }),
      node: () => config.makeApiClient(k8s.NodeV1Api).listRuntimeClass(),
      policy: () => config.makeApiClient(k8s.PolicyV1Api).listNamespacedPodDisruptionBudget({ namespace }),
      rbac: () => config.makeApiClient(k8s.RbacAuthorizationV1Api).listClusterRole(),
      resource: () => config.makeApiClient(k8s.ResourceV1Api).listNamespacedResourceClaim({ namespace }),
      scheduling: () => config.makeApiClient(k8s.SchedulingV1Api).listPriorityClass(),
      storage: () => config.makeApiClient(k8s.StorageV1Api).listStorageClass(),
    }; // prettier-ignore
    const wrong: string[] = [];
    for (const [group, list] of Object.entries(lists))
      await list().then(
        ({ items }) => void (Array.isArray(items) || wrong.push(group)),
        (error: unknown) => void wrong.push(`${group}: ${String(error)}`),
      );
    expect(wrong).toEqual([]);
    expect((await config.makeApiClient(k8s.VersionApi).getCode()).gitVersion).toContain('shiplog');
    expect((await config.makeApiClient(k8s.ApisApi).getAPIVersions()).groups.length).toBeGreaterThan(15);
    expect((await config.makeApiClient(k8s.AppsV1Api).getAPIResources()).resources.length).toBeGreaterThan(8);
  });

  it('patches in each of the ways, and subresources', async () => {
    const name = 'patched';
    await apps.createNamespacedDeployment({ namespace, body: deploymentOf(name) });
    const json = [{ op: 'replace', path: '/spec/replicas', value: 2 }];
    const patch = (body: object, type: string) =>
      apps.patchNamespacedDeployment({ namespace, name, body }, patchedAs(type));
    expect((await patch(json, k8s.PatchStrategy.JsonPatch)).spec?.replicas).toBe(2);
    const merged = await patch({ metadata: { annotations: { since: null } } }, k8s.PatchStrategy.MergePatch);
    expect(merged.metadata?.annotations?.['since']).toBeUndefined();
    const side = { spec: { template: { spec: { containers: [{ name: 'side', image: 'busybox' }] } } } };
    const strategic = await patch(side, k8s.PatchStrategy.StrategicMergePatch);
    expect(strategic.spec?.template.spec?.containers.map((container) => container.name).sort()).toEqual([
      'side',
      'web',
    ]);
    const status = { namespace, name, body: { status: { replicas: 2 } } };
    const merge = patchedAs(k8s.PatchStrategy.MergePatch);
    expect((await apps.patchNamespacedDeploymentStatus(status, merge)).status?.replicas).toBe(2);
    const scaled = await apps.patchNamespacedDeploymentScale(
      { namespace, name, body: { spec: { replicas: 7 } } },
      merge,
    );
    expect(scaled.spec?.replicas).toBe(7);
    const scale = await apps.readNamespacedDeploymentScale({ namespace, name });
    await apps.replaceNamespacedDeploymentScale({ namespace, name, body: { ...scale, spec: { replicas: 3 } } });
    expect((await apps.readNamespacedDeployment({ namespace, name })).spec?.replicas).toBe(3);
  });

  it('hears of each change once and in order: informer, watch, and what it has missed', async () => {
    const list = () => core.listNamespacedPod({ namespace, labelSelector: 'informed=yes' });
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const informer = k8s.makeInformer(config, path, list, 'informed=yes');
    const heard: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const)
      informer.on(verb, (pod) => void heard.push(`${verb} ${pod.metadata?.name}`));
    await core.createNamespacedPod({ namespace, body: podOf('first', { informed: 'yes' }) });
    await informer.start();
    await eventually(() => heard.length === 1);
    const { metadata } = await list();
    await core.createNamespacedPod({ namespace, body: podOf('second', { informed: 'yes' }) });
    const more = { metadata: { annotations: { changed: 'yes' } } };
    const merge = patchedAs(k8s.PatchStrategy.MergePatch);
    await core.patchNamespacedPod({ namespace, name: 'first', body: more }, merge);
    await core.deleteNamespacedPod({ namespace, name: 'second', gracePeriodSeconds: 0 });
    await eventually(() => heard.length === 4);
    expect(heard).toEqual(['add first', 'add second', 'update first', 'delete second']);
    expect(informer.list(namespace)?.map((pod) => pod.metadata?.name)).toEqual(['first']);
    await informer.stop();
    expect(await watchedSince(path, metadata?.resourceVersion ?? '')).toEqual([
      'ADDED second',
      'MODIFIED first',
      'DELETED second',
    ]);
  });

  async function watchedSince(path: string, resourceVersion: string): Promise<string[]> {
    const seen: string[] = [];
    const options = { resourceVersion, labelSelector: 'informed=yes', allowWatchBookmarks: true, timeoutSeconds: 20 };
    const controller = await new k8s.Watch(config).watch(
      path,
      options,
      (phase: string, pod: k8s.V1Pod) => void seen.push(`${phase} ${pod.metadata?.name}`),
      () => undefined,
    );
    await eventually(() => seen.length >= 3);
    controller.abort();
    return seen.filter((line) => !line.startsWith('BOOKMARK'));
  }

  it('reads pages, selects, tries without doing, and is told why not', async () => {
    for (const name of ['a', 'b', 'c'])
      await core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { page: 'yes' } } } });
    const query = { namespace, labelSelector: 'page=yes', limit: 2 };
    const first = await core.listNamespacedConfigMap(query);
    const rest = await core.listNamespacedConfigMap({ ...query, _continue: first.metadata?._continue });
    expect([...first.items, ...rest.items].map((item) => item.metadata?.name)).toEqual(['a', 'b', 'c']);
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'tried' } }, dryRun: 'All' });
    const problem = await core.readNamespacedConfigMap({ namespace, name: 'tried' }).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(k8s.ApiException);
    expect(problem).toMatchObject({ code: 404, body: expect.stringContaining('configmaps \\"tried\\" not found') });
    const present = await core.readNamespacedConfigMap({ namespace, name: 'a' });
    await core.replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...present, data: { a: '1' } } });
    const late = core.replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...present, data: { a: '2' } } });
    await expect(late).rejects.toMatchObject({ code: 409 });
    const collection = await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'page=yes' });
    expect(collection.status ?? 'Success').toBe('Success');
    expect((await core.listNamespacedConfigMap(query)).items).toEqual([]);
  });

  it('binds a pod and says so of its events', async () => {
    await core.createNode({ body: { metadata: { name: 'bound-to' } } });
    await core.createNamespacedPod({ namespace, body: podOf('bound') });
    const target = { apiVersion: 'v1', kind: 'Node', name: 'bound-to' };
    await core
      .createNamespacedPodBinding({ namespace, name: 'bound', body: { metadata: { name: 'bound' }, target } })
      // The answer is a Status, which this client takes for the Binding that the API's document promises.
      .catch((error: unknown) => expect(error).not.toBeInstanceOf(k8s.ApiException));
    expect((await core.readNamespacedPod({ namespace, name: 'bound' })).spec?.nodeName).toBe('bound-to');
  });
});
