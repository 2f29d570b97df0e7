import * as k8s from '@kubernetes/client-node';
import { eventually } from '@shiplog/testing';
import { Rig } from '../../../../services/api/src/testing/rig';
import { GROUP, PLURAL, SITES, type Site } from './site';
import { MANAGER, SiteOperator, recordOf } from './site-operator';
import { nodeConfigOf } from '../node-config';

const namespace = 'operated';

let rig: Rig;
let config: k8s.KubeConfig;
let core: k8s.CoreV1Api;
let apps: k8s.AppsV1Api;
let custom: k8s.CustomObjectsApi;
let operator: SiteOperator;
beforeAll(async () => {
  rig = await Rig.start();
  config = nodeConfigOf(rig);
  core = config.makeApiClient(k8s.CoreV1Api);
  apps = config.makeApiClient(k8s.AppsV1Api);
  custom = config.makeApiClient(k8s.CustomObjectsApi);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  const definitions = config.makeApiClient(k8s.ApiextensionsV1Api);
  await definitions.createCustomResourceDefinition({ body: SITES });
  await eventually(async () => {
    const { status } = await definitions.readCustomResourceDefinition({ name: `${PLURAL}.${GROUP}` });
    return status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false;
  });
  operator = new SiteOperator(config);
  await operator.start();
});
afterAll(async () => {
  await operator?.stop();
  await rig?.stop();
});

const of = (version: string, name: string) => ({ group: GROUP, version, plural: PLURAL, namespace, name });
const sent = (version: string, name: string, spec: Site['spec']): Promise<unknown> =>
  custom.createNamespacedCustomObject({
    group: GROUP,
    version,
    plural: PLURAL,
    namespace,
    body: { apiVersion: `${GROUP}/${version}`, kind: 'Site', metadata: { name }, spec },
  });
const read = (name: string, version = 'v1'): Promise<Site> =>
  custom.getNamespacedCustomObject(of(version, name)) as Promise<Site>;
const merge = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);
const patched = (name: string, body: object, version = 'v1'): Promise<Site> =>
  custom.patchNamespacedCustomObject({ ...of(version, name), body }, merge) as Promise<Site>;
const replicasOf = async (name: string) => {
  const { items } = await apps.listNamespacedDeployment({ namespace, labelSelector: `site=${name}` });
  return items[0]?.spec?.replicas;
};
/** What would run the pods says so. */
const becameReady = (name: string, readyReplicas: number): Promise<unknown> =>
  apps.patchNamespacedDeploymentStatus(
    { namespace, name, body: { status: { replicas: readyReplicas, readyReplicas } } },
    merge,
  );

describe('an operator of a custom resource, by client-node', () => {
  it('makes what a site asks for, in its own name, and follows it', async () => {
    await sent('v1', 'shop', { host: 'shop.example.com', replicas: 2 });
    await eventually(async () => (await replicasOf('shop')) === 2);
    const deployment = await apps.readNamespacedDeployment({ namespace, name: 'shop' });
    const { metadata } = await read('shop');
    expect(deployment.metadata?.ownerReferences).toEqual([
      { apiVersion: `${GROUP}/v1`, kind: 'Site', name: 'shop', uid: metadata.uid, controller: true },
    ]);
    expect(deployment.metadata?.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`)).toEqual([
      `${MANAGER} Apply`,
    ]);
    await patched('shop', { spec: { replicas: 4 } });
    await eventually(async () => (await replicasOf('shop')) === 4);
  });

  it('says in the status, and nowhere else, how far it is', async () => {
    await eventually(async () => (await read('shop')).status?.observedGeneration === 2);
    expect((await read('shop')).status).toMatchObject({ ready: 0, conditions: [{ type: 'Ready', status: 'False' }] });
    await becameReady('shop', 4);
    await eventually(async () => (await read('shop')).status?.conditions?.[0]?.status === 'True');
    const { metadata, status } = await read('shop');
    expect(status).toMatchObject({ ready: 4, observedGeneration: 2 });
    expect(metadata.generation).toBe(2);
    // A status that somebody sends with the rest of an object is left alone.
    expect((await patched('shop', { status: { ready: 99 } })).status?.ready).toBe(4);
    const scale = (await custom.getNamespacedCustomObjectScale(of('v1', 'shop'))) as k8s.V1Scale;
    expect(scale).toMatchObject({ spec: { replicas: 4 }, status: { replicas: 4 } });
  });

  it('is spared what the rules of the definition refuse', async () => {
    await expect(sent('v1', 'vast', { host: 'vast.example.com', replicas: 6 })).rejects.toMatchObject({
      code: 422,
      body: expect.stringContaining('spec.replicas: Invalid value: \\"object\\": 6 replicas are more than 5') as string,
    });
    await expect(patched('shop', { spec: { host: 'other.example.com' } })).rejects.toMatchObject({
      code: 422,
      body: expect.stringContaining('a site keeps its host') as string,
    });
    expect((await read('shop')).spec.host).toBe('shop.example.com');
  });

  it('sees a site in its own version, in whichever it was written', async () => {
    await sent('v1alpha1', 'blog', { host: 'blog.example.com' });
    await eventually(async () => (await replicasOf('blog')) === 1);
    const [older, newer] = [await read('blog', 'v1alpha1'), await read('blog')];
    expect([older.apiVersion, newer.apiVersion]).toEqual([`${GROUP}/v1alpha1`, `${GROUP}/v1`]);
    expect(older.spec).toEqual({ host: 'blog.example.com', replicas: 1, most: 5 });
    await patched('blog', { spec: { replicas: 3 } }, 'v1alpha1');
    await eventually(async () => (await replicasOf('blog')) === 3);
  });

  it('mends what others change, and lets a site go only once its record is gone', async () => {
    await eventually(
      async () => (await core.readNamespacedConfigMap({ namespace, name: recordOf('shop') })).data !== undefined,
    );
    await apps.deleteNamespacedDeployment({ namespace, name: 'shop' });
    await eventually(async () => (await replicasOf('shop')) === 4);
    await custom.deleteNamespacedCustomObject(of('v1', 'shop'));
    await eventually(() =>
      read('shop').then(
        () => false,
        ({ code }: k8s.ApiException<string>) => code === 404,
      ),
    );
    await expect(core.readNamespacedConfigMap({ namespace, name: recordOf('shop') })).rejects.toMatchObject({
      code: 404,
    });
  });

  it('goes on where it was after the api, and after itself, began again', async () => {
    await rig.stopService('api', 'SIGKILL');
    rig.startApi();
    await rig.ready();
    await patched('blog', { spec: { replicas: 2 } });
    await eventually(async () => (await replicasOf('blog')) === 2, { timeoutMs: 30_000 });
    await operator.stop();
    await patched('blog', { spec: { replicas: 5 } });
    expect(operator.problems.filter((problem) => problem instanceof k8s.ApiException)).toEqual([]);
    operator = new SiteOperator(config);
    await operator.start();
    await eventually(async () => (await replicasOf('blog')) === 5);
    expect(operator.problems).toEqual([]);
  });
});
