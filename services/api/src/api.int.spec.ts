import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bus } from '@shiplog/bus';
import { newCommandId } from '@shiplog/bus';
import { subjects, type AnyCommand, type ContainerStatus, type LogsRequest } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { Rig } from './testing/rig';

const run = promisify(execFile);
let rig: Rig;
let bus: Bus;

beforeAll(async () => {
  rig = await Rig.start();
  bus = await rig.nats.bus('spec');
});
afterAll(async () => {
  await rig?.stop();
});

const kubectl = (args: string, options?: Parameters<Rig['kubectl']>[1]): Promise<string> => rig.kubectl(args, options);
const manifest = (value: object): { input: string } => ({ input: JSON.stringify(value) });

const rc = (name: string, replicas = 2): object => ({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name, labels: { app: name } },
  spec: {
    replicas,
    selector: { app: name },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }] },
    },
  },
});

/** What a node and its kubelet do, through the same commands. */
async function command(command: Omit<AnyCommand, 'id' | 'actor'>): Promise<void> {
  const reply = await bus.command({ id: newCommandId(), actor: 'system:node:n1', ...command } as AnyCommand);
  if (!reply.ok) throw new Error(reply.status.message);
}

async function runPod(name: string, containers: Partial<ContainerStatus>[] = [{}]): Promise<string> {
  const { metadata } = JSON.parse(await kubectl(`get pod ${name} -o json`)) as { metadata: { uid: string } };
  const pod = { namespace: 'default', name, uid: metadata.uid };
  await command({ type: 'BindPods', data: { bindings: [{ ...pod, node: 'n1' }] } });
  const status = {
    phase: 'Running',
    podIP: '10.244.0.7',
    podIPs: [{ ip: '10.244.0.7' }],
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: containers.map((one, index) => ({
      name: index === 0 ? name : `${name}-${index}`,
      image: 'nginx',
      imageID: 'i',
      ready: true,
      restartCount: 0,
      containerID: `docker://${index}`,
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
      ...one,
    })),
  };
  await command({ type: 'ReportPods', data: { node: 'n1', pods: [{ ...pod, status }] } });
  return metadata.uid;
}

describe('kubectl, unmodified', () => {
  it('says what is served, and that the server is a Shiplog', async () => {
    expect(await kubectl('version')).toMatch(/Server Version: v1\.32\.0\+shiplog/);
    expect(await kubectl('cluster-info')).toMatch(/control plane.* is running at .*https:\/\/127\.0\.0\.1/);
    const resources = await kubectl('api-resources');
    expect(resources).toMatch(/^pods +po +v1 +true +Pod$/m);
    expect(resources).toMatch(/^endpointslices +discovery\.k8s\.io\/v1 +true +EndpointSlice$/m);
    expect(resources.trim().split('\n')).toHaveLength(14);
  });

  it('finds the first namespaces, and the api itself as a Service', async () => {
    expect(await kubectl('get namespaces -o name')).toBe(
      'namespace/default\nnamespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system\n',
    );
    expect(await kubectl('get svc,endpoints,endpointslices')).toMatch(
      /kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443\/TCP[^]*endpoints\/kubernetes +127\.0\.0\.1:\d+[^]*IPv4 +\d+ +127\.0\.0\.1/,
    );
  });

  it('creates every kind that it has a generator for', async () => {
    const made = await Promise.all([
      kubectl('create configmap made --from-literal=a=1'),
      kubectl('create secret generic made --from-literal=a=1'),
      kubectl('create serviceaccount made'),
      kubectl('create namespace made'),
      kubectl('create service nodeport made --tcp=80:8080'),
    ]);
    expect(made.map((text) => text.trim())).toEqual([
      'configmap/made created',
      'secret/made created',
      'serviceaccount/made created',
      'namespace/made created',
      'service/made created',
    ]);
    expect(await kubectl("get secret made -o jsonpath='{.data.a}'")).toBe('MQ==');
    expect(await kubectl('get svc made')).toMatch(/NodePort +10\.96\.\d+\.\d+ +<none> +80:3\d{4}\/TCP/);
    await kubectl('delete service/made configmap/made secret/made sa/made');
    expect(await kubectl('delete namespace made --wait=false')).toBe('namespace "made" deleted\n');
  });

  it('takes an object through create, apply, edit, replace, patch, label, annotate, scale and delete', async () => {
    expect(await kubectl('create -f -', manifest(rc('life')))).toBe('replicationcontroller/life created\n');
    await expect(kubectl('create -f -', manifest(rc('life')))).rejects.toThrow(
      /AlreadyExists.*replicationcontrollers "life" already exists/,
    );
    expect(await kubectl('apply -f -', manifest(rc('life', 3)))).toMatch(/replicationcontroller\/life configured/);
    expect(await kubectl('apply -f -', manifest(rc('life', 3)))).toBe('replicationcontroller/life unchanged\n');
    expect(await kubectl('edit rc life', { env: { KUBE_EDITOR: 'sed -i s/nginx/httpd/' } })).toMatch(/edited/);
    expect(await kubectl("get rc life -o jsonpath='{.spec.template.spec.containers[0].image}'")).toBe('httpd');
    expect(await kubectl('label rc life tier=front')).toMatch(/labeled/);
    expect(await kubectl('annotate rc life note=yes')).toMatch(/annotated/);
    expect(await kubectl('scale rc life --replicas=5 --current-replicas=3')).toMatch(/scaled/);
    expect(await kubectl('patch rc life -p {"spec":{"replicas":4}}')).toMatch(/patched/);
    expect(await kubectl('patch rc life --type=json -p [{"op":"replace","path":"/spec/replicas","value":6}]')).toMatch(
      /patched/,
    );
    expect(await kubectl('patch rc life --type=merge -p {"metadata":{"labels":{"tier":null}}}')).toMatch(/patched/);
    expect(await kubectl('get rc life -o wide')).toMatch(/life +6 +0 +0 +\d+s +web +httpd +app=life/);
    const stale = JSON.parse(await kubectl('get rc life -o json')) as { metadata: { resourceVersion: string } };
    expect(await kubectl('replace -f -', manifest(rc('life', 1)))).toMatch(/replaced/);
    await expect(kubectl('replace -f -', manifest(stale))).rejects.toThrow(/Conflict.*the object has been modified/);
    expect(await kubectl('delete rc life')).toBe('replicationcontroller "life" deleted\n');
    await expect(kubectl('get rc life')).rejects.toThrow(/NotFound.*replicationcontrollers "life" not found/);
  });

  it('validates on the server, in its words', async () => {
    const wrong = { ...rc('wrong'), spec: { replicas: -1, selector: { a: 'b' }, colour: 'red' } };
    await expect(kubectl('create -f -', manifest(wrong))).rejects.toThrow(
      /strict decoding error: unknown field "spec.colour"/,
    );
    await expect(kubectl('create --validate=ignore -f -', manifest(wrong))).rejects.toThrow(
      /is invalid:[^]*spec.replicas: Invalid value: -1/,
    );
    expect(
      await kubectl('create --validate=warn --dry-run=server -f -', manifest({ ...rc('warned'), colour: 1 })),
    ).toMatch(
      /Warning: unknown field "colour"[^]*created \(server dry run\)|created \(server dry run\)[^]*Warning: unknown field "colour"/,
    );
    await expect(kubectl('get rc warned')).rejects.toThrow(/NotFound/);
    await expect(kubectl('apply --server-side -f -', manifest(rc('applied')))).rejects.toThrow(
      /server-side apply is not served/,
    );
  });

  it('explains types, exposes a controller, and diffs', async () => {
    expect(await kubectl('explain pod.spec.containers.image')).toMatch(/FIELD: image <string>/);
    await kubectl('create -f -', manifest(rc('shown')));
    expect(await kubectl('expose rc shown --port=80')).toBe('service/shown exposed\n');
    expect(await kubectl('get svc shown -o wide')).toMatch(/80\/TCP +\d+s +app=shown/);
    await expect(kubectl('diff -f -', manifest(rc('shown', 9)))).rejects.toThrow(/\+ {2}replicas: 9/);
    await kubectl('delete rc/shown svc/shown');
  });

  it('selects by label, field and namespace, and prints in every form', async () => {
    await kubectl('create namespace other');
    await kubectl('run a --image=nginx --labels=app=sel,tier=1');
    await kubectl('run b --image=nginx --labels=app=sel,tier=2');
    await kubectl('run c --image=nginx --labels=app=sel -n other');
    expect(await kubectl('get pods -l app=sel -o name')).toBe('pod/a\npod/b\n');
    expect(await kubectl("get pods -l 'tier in (2,3)' -o name")).toBe('pod/b\n');
    expect(
      await kubectl('get pods -A -l app=sel --no-headers -o custom-columns=N:.metadata.namespace,P:.metadata.name'),
    ).toBe('default   a\ndefault   b\nother     c\n');
    expect(await kubectl('get pods --field-selector metadata.name=b -o name')).toBe('pod/b\n');
    await expect(kubectl('get pods --field-selector spec.colour=red')).rejects.toThrow(
      /field label not supported: spec.colour/,
    );
    expect(await kubectl('get pods -l app=sel --sort-by=.metadata.name --show-labels')).toMatch(
      /a +0\/1 +Pending +0 +\d+s +app=sel,tier=1/,
    );
    expect(JSON.parse(await kubectl('get pods -l app=sel -o json'))).toMatchObject({
      kind: 'List',
      items: [{ kind: 'Pod' }, {}],
    });
    expect(await kubectl('get pod a -o yaml')).toMatch(/^apiVersion: v1\nkind: Pod\n/);
    expect(await kubectl('get pods --chunk-size=1 -l app=sel -o name')).toBe('pod/a\npod/b\n');
    expect(await kubectl('delete pods -l app=sel')).toMatch(/pod "a" deleted\npod "b" deleted/);
    expect(await kubectl('delete pods --all -n other')).toBe('pod "c" deleted\n');
  });

  it('shows a pod through its life: get, describe, events, wait, logs', async () => {
    await command({
      type: 'CreateObject',
      data: { resource: 'nodes', namespace: '', object: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } } },
    });
    await kubectl('run alive --image=nginx');
    const waiting = kubectl('wait --for=condition=Ready pod/alive --timeout=20s');
    await runPod('alive');
    expect(await waiting).toBe('pod/alive condition met\n');
    expect(await kubectl('get pod alive -o wide')).toMatch(/alive +1\/1 +Running +0 +\d+s +10\.244\.0\.7 +n1/);
    const described = await kubectl('describe pod alive');
    expect(described).toMatch(/Normal +Scheduled +\S+ +default-scheduler +Successfully assigned default\/alive to n1/);
    expect(described).toMatch(/Normal +Started +\S+ +kubelet +Started container alive/);
    expect(await kubectl('get events')).toMatch(/Normal +Scheduled +pod\/alive +Successfully assigned/);
    expect(await kubectl('get nodes')).toMatch(/n1 +Unknown +<none>/);
    expect(await kubectl('delete pod alive --wait=false')).toBe('pod "alive" deleted\n');
    expect(await kubectl('get pod alive')).toMatch(/alive +1\/1 +Terminating/);
    expect(await kubectl('delete pod alive --force --grace-period=0')).toMatch(/pod "alive" force deleted/);
    await expect(kubectl('get pod alive')).rejects.toThrow(/NotFound/);
  });

  it('watches: changes of the table, and what enters and leaves a selector', async () => {
    const child = spawn('kubectl', ['get', 'pods', '-w', '-l', 'watched=yes', '--output-watch-events'], {
      env: rig.kubectlEnv(),
    });
    let seen = '';
    child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    try {
      await kubectl('run w1 --image=nginx --labels=watched=yes');
      await eventually(() => /ADDED +w1 +0\/1 +Pending/.test(seen));
      await kubectl('label pod w1 watched=no --overwrite');
      await eventually(() => /DELETED +w1/.test(seen));
      await kubectl('label pod w1 watched=yes --overwrite');
      await eventually(() => /DELETED +w1[^]*ADDED +w1/.test(seen));
      expect(seen.match(/EVENT +NAME/g)).toHaveLength(1);
    } finally {
      child.kill();
      await kubectl('delete pod w1');
    }
  });

  const older = ['1.27', '1.28', '1.30', '1.31'].map((version) => `/usr/lib/google-cloud-sdk/bin/kubectl.${version}`);
  it.each(older.filter((binary) => existsSync(binary)))('works the same from %s', async (binary) => {
    const old = (args: string, options = {}): Promise<string> => kubectl(args, { binary, ...options });
    expect(await old('apply -f -', manifest(rc('old')))).toMatch(/created/);
    expect(await old('apply -f -', manifest(rc('old', 4)))).toMatch(/configured/);
    expect(await old('edit rc old', { env: { KUBE_EDITOR: 'sed -i s/nginx/httpd/' } })).toMatch(/edited/);
    expect(await old('get rc old -o wide')).toMatch(/old +4 +0 +0 +\d+s +web +httpd +app=old/);
    expect(await old('create configmap old --from-literal=a=1')).toMatch(/created/);
    expect(await old('explain rc.spec.replicas')).toMatch(/replicas <integer>/);
    expect(await old('delete rc/old cm/old')).toMatch(/deleted[^]*deleted/);
  });
});

describe('logs', () => {
  it('come from the kubelet of the node, as asked for, in pieces', async () => {
    const asked: LogsRequest[] = [];
    const server = bus.serveStream(subjects.node('n1', 'logs'), async (request, stream) => {
      asked.push(request as LogsRequest);
      await stream.write(Buffer.from('one\n'));
      if ((request as LogsRequest).follow === true) {
        await new Promise<void>((resolve) => stream.signal.addEventListener('abort', () => resolve(), { once: true }));
        gone = true;
      } else await stream.write(Buffer.from('two\n'));
    });
    let gone = false;
    await kubectl('run talker --image=nginx');
    const uid = await runPod('talker');
    expect(await kubectl('logs talker --tail=5 --timestamps --since=1m')).toBe('one\ntwo\n');
    expect(asked[0]).toEqual({
      namespace: 'default',
      pod: 'talker',
      uid,
      container: 'talker',
      tailLines: 5,
      timestamps: true,
      sinceSeconds: 60,
    });
    const child = spawn('kubectl', ['logs', '-f', 'talker'], { env: rig.kubectlEnv() });
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    child.kill();
    await eventually(() => gone);
    await expect(kubectl('logs talker --previous')).rejects.toThrow(
      /previous terminated container "talker" in pod "talker" not found/,
    );
    await expect(kubectl('logs talker -c other')).rejects.toThrow(/container other is not valid for pod talker/);
    server.unsubscribe();
    await kubectl('delete pod talker --force --grace-period=0');
  });
});

describe('HTTP', () => {
  const path = '/api/v1/namespaces/default/configmaps';
  const configMap = (name: string, labels: object = {}): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels },
  });

  it('wants to know who asks, but for health and version', async () => {
    const anonymous = { authorization: '' };
    expect((await rig.http('GET', '/api/v1/pods', undefined, anonymous)).code).toBe(401);
    expect((await rig.http('GET', '/openapi/v3', undefined, anonymous)).code).toBe(401);
    for (const open of ['/healthz', '/livez', '/readyz', '/version']) {
      expect((await rig.http('GET', open, undefined, anonymous)).code).toBe(200);
    }
    expect((await rig.http('GET', '/readyz?verbose', undefined, anonymous)).body).toMatch(/\[\+\]ping ok/);
  });

  it.each<[string, string, string, unknown, Record<string, string>, number, RegExp]>([
    ['broken JSON', 'POST', path, '{', {}, 400, /could not be parsed/],
    ['too much', 'POST', path, 'x'.repeat(3 * 1024 * 1024 + 1), {}, 413, /too large/],
    [
      'a path that is not served',
      'GET',
      '/apis/apps/v1/deployments',
      undefined,
      {},
      404,
      /could not find the requested resource/,
    ],
    ['a broken path', 'GET', '/api/v1/nodes/%zz', undefined, {}, 400, /malformed/],
    ['a verb that is not offered', 'PUT', path, {}, {}, 405, /does not allow this method/],
    ['a body of unknown type', 'POST', path, 'x', { 'content-type': 'text/html' }, 415, /accepted media types/],
    ['a patch of unknown type', 'PATCH', `${path}/x`, '{}', {}, 415, /json-patch\+json/],
    ['an answer of unknown type', 'GET', path, undefined, { accept: 'text/html' }, 406, /application\/json/],
    [
      'a version of the future',
      'GET',
      `${path}?resourceVersion=99999999`,
      undefined,
      {},
      504,
      /Too large resource version/,
    ],
    ['a made-up continue token', 'GET', `${path}?continue=x`, undefined, {}, 400, /continue key is not valid/],
    [
      'an object without a name',
      'POST',
      path,
      { apiVersion: 'v1', kind: 'ConfigMap' },
      {},
      422,
      /name or generateName is required/,
    ],
  ])('answers %s with a Status', async (_, method, url, body, headers, code, message) => {
    const answer = await rig.http(method, url, body, headers);
    expect(answer.code).toBe(code);
    expect(JSON.parse(answer.body)).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it('pages a list in the state of its first page', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await rig.http('POST', path, configMap(name, { paged: '' }));
    interface List {
      metadata: { continue?: string; resourceVersion: string; remainingItemCount?: number };
      items: { metadata: { name: string } }[];
    }
    const page = async (query: string): Promise<List> =>
      JSON.parse((await rig.http('GET', `${path}?${query}`)).body) as List;
    const first = await page('limit=2&labelSelector=paged');
    await rig.http('DELETE', `${path}/page-3`);
    const second = await page(`limit=2&labelSelector=paged&continue=${first.metadata.continue ?? ''}`);
    expect(second.items.map((item) => item.metadata.name)).toEqual(['page-3']);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect((await page('limit=2&labelSelector=paged')).metadata.continue).toBeUndefined();
    const then = await page(
      `resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact&labelSelector=paged`,
    );
    expect(then.items).toHaveLength(3);
  });

  it('reads one object as it was', async () => {
    const created = JSON.parse((await rig.http('POST', path, { ...configMap('was'), data: { a: 'then' } })).body) as {
      metadata: { resourceVersion: string };
    };
    await rig.http('PATCH', `${path}/was`, { data: { a: 'now' } }, { 'content-type': 'application/merge-patch+json' });
    await rig.http('DELETE', `${path}/was`);
    const version = created.metadata.resourceVersion;
    const answer = await rig.http('GET', `${path}/was?resourceVersion=${version}&resourceVersionMatch=Exact`);
    expect(JSON.parse(answer.body)).toMatchObject({ data: { a: 'then' }, metadata: { resourceVersion: version } });
  });

  it('watches from before its window, out of the journal', async () => {
    await rig.stopService('api');
    rig.startApi({ WATCH_WINDOW: '16' });
    await rig.ready();
    const first = JSON.parse((await rig.http('POST', path, configMap('old-0'))).body) as {
      metadata: { resourceVersion: string };
    };
    for (let i = 1; i <= 60; i++) await rig.http('POST', path, configMap(`old-${i}`));
    const since = first.metadata.resourceVersion;
    const { body } = await rig.http('GET', `${path}?watch=1&timeoutSeconds=1&resourceVersion=${since}`);
    const names = body
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { object: { metadata: { name: string } } }).object.metadata.name);
    expect(names).toEqual(Array.from({ length: 60 }, (_, index) => `old-${index + 1}`));
  });

  it('begins a streaming list with what is there, marked with a bookmark', async () => {
    const query =
      'watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const { body } = await rig.http('GET', `/api/v1/namespaces?${query}`);
    const lines = body
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as { type: string; object: { metadata: object } });
    expect(lines.slice(0, 4).every((line) => line.type === 'ADDED')).toBe(true);
    expect(lines.find((line) => line.type === 'BOOKMARK')?.object.metadata).toMatchObject({
      annotations: { 'k8s.io/initial-events-end': 'true' },
    });
  });

  it('serves OpenAPI as JSON and as protobuf', async () => {
    const index = JSON.parse((await rig.http('GET', '/openapi/v3')).body) as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    const core = await rig.http('GET', index.paths['api/v1']?.serverRelativeURL ?? '');
    expect(JSON.parse(core.body)).toMatchObject({ openapi: '3.0.0' });
    const type = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const protobuf = await rig.http('GET', '/openapi/v2', undefined, { accept: type });
    expect(protobuf.headers['content-type']).toBe(type.replace('@', '.'));
  });

  it('lays the last heartbeat over the lease of a node', async () => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'n1' },
      spec: { holderIdentity: 'n1' },
    };
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    await rig.http('POST', leases, lease);
    bus.signal('heartbeat', 'n1', { node: 'n1', time: '2026-05-05T05:05:05.500Z' });
    await eventually(async () => (await rig.http('GET', `${leases}/n1`)).body.includes('2026-05-05T05:05:05.500000Z'));
  });

  it('binds pods through both of the ways that schedulers use', async () => {
    const binding = (name: string): object => ({
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { kind: 'Node', name: 'n1' },
    });
    await kubectl('run bound-1 --image=nginx');
    await kubectl('run bound-2 --image=nginx');
    const pods = '/api/v1/namespaces/default/pods';
    expect((await rig.http('POST', `${pods}/bound-1/binding`, binding('bound-1'))).code).toBe(201);
    expect((await rig.http('POST', '/api/v1/namespaces/default/bindings', binding('bound-2'))).code).toBe(201);
    expect((await rig.http('POST', `${pods}/bound-1/binding`, binding('bound-1'))).code).toBe(409);
    expect(await kubectl('get pods bound-1 bound-2 --no-headers -o custom-columns=N:.spec.nodeName')).toBe('n1\nn1\n');
    await kubectl('delete pod bound-1 bound-2 --force --grace-period=0');
  });
});

describe('when something is away', () => {
  const path = '/api/v1/namespaces/default/configmaps';

  it('reads on without a journal, and says of writes why they can not be', async () => {
    await rig.stopService('journal', 'SIGKILL');
    await rig.stopService('api');
    rig.startApi({ COMMAND_TIMEOUT: '1s' });
    await eventually(async () => (await rig.http('GET', '/readyz')).code === 500);
    expect((await rig.http('GET', path)).code).toBe(503);
    rig.startJournal();
    await rig.ready();
    await rig.stopService('journal', 'SIGKILL');
    expect((await rig.http('GET', path)).code).toBe(200);
    const refused = await rig.http('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'never' } });
    expect([503, 504]).toContain(refused.code);
    expect(JSON.parse(refused.body)).toMatchObject({
      message: expect.stringMatching(/journal|may yet take effect/) as string,
    });
    rig.startJournal();
    await eventually(
      async () =>
        (await rig.http('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'back-' } }))
          .code === 201,
    );
  });

  it('reads on without NATS, and hears of everything once it is back', async () => {
    await rig.nats.pause();
    expect((await rig.http('GET', path)).code).toBe(200);
    await rig.nats.resume();
    await eventually(
      async () =>
        (await rig.http('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'again-' } }))
          .code === 201,
      { timeoutMs: 30_000 },
    );
  });

  it('ends watches when it stops, and stops at once', async () => {
    const watching = rig.http('GET', `${path}?watch=1`);
    await eventually(async () => (await rig.http('GET', '/readyz')).code === 200);
    const started = Date.now();
    await rig.stopService('api');
    expect((await watching).code).toBe(200);
    expect(Date.now() - started).toBeLessThan(5_000);
    rig.startApi();
    await rig.ready();
  });

  it('does not start with a setting that is wrong, and says which', async () => {
    const tokens = join(rig.directory, 'wrong.csv');
    await writeFile(tokens, 'nothing\n');
    await expect(
      run(process.execPath, [join(__dirname, '..', '..', '..', 'dist', 'services', 'api', 'src', 'main.js')], {
        env: { ...process.env, NATS_URL: rig.nats.url, API_PORT: 'many' },
      }),
    ).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/API_PORT is "many"[^]*TOKEN_FILE must be set/) as string,
    });
  });
});
