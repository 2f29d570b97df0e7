import { Rig } from './testing/rig';
import { manifest } from './testing/steps';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  await rig?.stop();
});

const kubectl = (args: string, options?: Parameters<Rig['kubectl']>[1]): Promise<string> => rig.kubectl(args, options);

type Fields = Record<string, unknown>;
interface Entry extends Fields {
  manager: string;
  operation: string;
  subresource?: string;
  fieldsV1: Fields;
}

const configMap = (data: Fields, name = 'x'): Fields => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const deployment = (replicas: number, image = 'nginx'): Fields => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
  },
});

async function entriesOf(object: string): Promise<Entry[]> {
  const { metadata } = JSON.parse(await kubectl(`get ${object} -o json --show-managed-fields`)) as {
    metadata: { managedFields?: Entry[] };
  };
  return metadata.managedFields ?? [];
}

/** Who manages an object, and how. */
async function managersOf(object: string): Promise<string[]> {
  return (await entriesOf(object)).map(({ manager, operation, subresource }) =>
    [manager, operation, ...(subresource === undefined ? [] : [subresource])].join(' '),
  );
}

const apply = (object: Fields, flags = ''): Promise<string> =>
  kubectl(`apply --server-side ${flags} -f -`, manifest(object));

describe('kubectl apply --server-side', () => {
  it('makes an object, changes it, and shows whose it is', async () => {
    expect(await apply(configMap({ a: '1' }))).toBe('configmap/x serverside-applied\n');
    expect(await apply(configMap({ a: '2', b: '1' }))).toBe('configmap/x serverside-applied\n');
    expect(await kubectl('get cm x -o yaml --show-managed-fields')).toMatch(
      /managedFields:\n {2}- apiVersion: v1\n {4}fieldsType: FieldsV1\n {4}fieldsV1:\n {6}f:data:\n {8}f:a: \{\}\n {8}f:b: \{\}\n {4}manager: kubectl\n {4}operation: Apply\n/,
    );
    expect(await kubectl('get cm x -o yaml')).not.toMatch(/managedFields/);
    await apply(configMap({ a: '2' }));
    expect(await kubectl("get cm x -o jsonpath='{.data}'")).toBe('{"a":"2"}');
  });

  it('tells who else manages what it would change, and takes it when forced', async () => {
    await apply(configMap({ a: '1' }, 'y'));
    await expect(apply(configMap({ a: '2' }, 'y'), '--field-manager=other')).rejects.toThrow(
      /Apply failed with 1 conflict: conflict with "kubectl": \.data\.a/,
    );
    await apply(configMap({ a: '2' }, 'y'), '--field-manager=other --force-conflicts');
    expect(await managersOf('cm/y')).toEqual(['other Apply']);
    await kubectl('patch cm y -p {"data":{"a":"3"}}');
    expect(await managersOf('cm/y')).toEqual(['kubectl-patch Update']);
  });

  it('goes on with what was applied on the client’s side, which works on afterwards', async () => {
    await kubectl('apply -f -', manifest(deployment(1)));
    expect(await managersOf('deploy/web')).toEqual(['kubectl-client-side-apply Update']);
    await apply(deployment(2));
    // For the annotation that a client-side apply goes by there is a manager of its own.
    expect(await managersOf('deploy/web')).toEqual(['kubectl Apply', 'kubectl-last-applied Apply']);
    expect(await kubectl("get deploy web -o jsonpath='{.spec.replicas}'")).toBe('2');
    await kubectl('scale deploy web --replicas=4');
    expect(await managersOf('deploy/web')).toEqual([
      'kubectl Apply',
      'kubectl-last-applied Apply',
      'kubectl Update scale',
    ]);
    await expect(apply(deployment(2))).rejects.toThrow(
      /conflict with "kubectl" with subresource "scale" using apps\/v1: \.spec\.replicas/,
    );
    expect(await kubectl('apply -f -', manifest(deployment(3, 'httpd')))).toBe('deployment.apps/web configured\n');
    expect(
      await kubectl("get deploy web -o jsonpath='{.spec.replicas} {.spec.template.spec.containers[*].image}'"),
    ).toBe('3 httpd');
  });

  it('shows what it would change', async () => {
    await apply(configMap({ a: '1' }, 'z'));
    const difference = kubectl('diff --server-side -f -', manifest(configMap({ a: '2' }, 'z')));
    // As diff, it fails where there is a difference.
    await expect(difference).rejects.toThrow(/-  a: "1"\n\+  a: "2"/);
    expect(await kubectl('diff --server-side -f -', manifest(configMap({ a: '1' }, 'z')))).toBe('');
    expect(await apply(configMap({ a: '5' }, 'new'), '--dry-run=server')).toMatch(/serverside-applied/);
    await expect(kubectl('get cm new')).rejects.toThrow(/NotFound/);
  });

  it('works on the status alone', async () => {
    await apply({ ...deployment(1), metadata: { name: 'web', namespace: 'default' } }, '--force-conflicts');
    const status = { replicas: 7, conditions: [{ type: 'Seen', status: 'True' }] };
    await apply({ ...deployment(9), status }, '--subresource=status --field-manager=seer');
    const { spec, status: kept } = JSON.parse(await kubectl('get deploy web -o json')) as {
      spec: Fields;
      status: Fields;
    };
    expect([spec['replicas'], kept]).toEqual([1, expect.objectContaining(status)]);
    const entry = (await entriesOf('deploy/web')).find(({ subresource }) => subresource === 'status');
    expect(entry?.fieldsV1).toEqual({
      'f:status': {
        'f:conditions': { 'k:{"type":"Seen"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
        'f:replicas': {},
      },
    });
  });
});
