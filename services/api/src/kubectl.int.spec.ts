import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Bus } from '@shiplog/bus';
import { eventually } from '@shiplog/testing';
import { Rig } from './testing/rig';
import { makeNode, manifest, rc, runPod } from './testing/steps';

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

describe('kubectl, unmodified', () => {
  it('says what is served, and that the server is a Shiplog', async () => {
    expect(await kubectl('version')).toMatch(/Server Version:.*v1\.32\.0\+shiplog/);
    expect(await kubectl('cluster-info')).toMatch(/control plane.* is running at .*https:\/\/127\.0\.0\.1/);
    const resources = await kubectl('api-resources');
    expect(resources).toMatch(/^pods +po +v1 +true +Pod$/m);
    expect(resources).toMatch(/^endpointslices +discovery\.k8s\.io\/v1 +true +EndpointSlice$/m);
    expect(resources).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
  });

  it('finds the first namespaces, and the api itself as a Service', async () => {
    expect(await kubectl('get namespaces -o name')).toBe(
      'namespace/default\nnamespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system\n',
    );
    expect(await kubectl('get svc,endpoints,endpointslices')).toMatch(
      /kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443\/TCP[^]*endpoints\/kubernetes +192\.0\.2\.1:\d+[^]*IPv4 +\d+ +192\.0\.2\.1/,
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

  it('makes workloads, jobs, autoscalers and budgets, and changes them', async () => {
    await kubectl('create deployment web --image=nginx --replicas=2');
    await kubectl('scale deployment web --replicas=3');
    await kubectl('set image deployment/web nginx=nginx:1.27');
    expect(await kubectl('get deployment web -o wide')).toMatch(/web +0\/3 +0 +0 +\d+s +nginx +nginx:1\.27 +app=web/);
    await kubectl('autoscale deployment web --max=5 --cpu-percent=60');
    expect(await kubectl('get hpa')).toMatch(/web +Deployment\/web +cpu: <unknown>\/60% +1 +5 +0 +\d+s/);
    await kubectl(
      `patch horizontalpodautoscalers.v1.autoscaling web -p '{"spec":{"targetCPUUtilizationPercentage":70}}'`,
    );
    expect(await kubectl("get hpa web -o jsonpath='{.spec.metrics[*].resource.target.averageUtilization}'")).toBe('70');
    await kubectl("create cronjob often --image=busybox --schedule='*/5 * * * *' -- date");
    await kubectl('create job now --from=cronjob/often');
    expect(await kubectl('get cronjob,job')).toMatch(
      /cronjob\.batch\/often +\*\/5 \* \* \* \* +<none> +False +0 +<none>[^]*job\.batch\/now +Running +0\/1/,
    );
    await kubectl('create poddisruptionbudget web --selector=app=web --max-unavailable=50%');
    expect(await kubectl('get pdb')).toMatch(/web +N\/A +50% +0 +\d+s/);
    await kubectl('delete deployment/web hpa/web pdb/web cronjob/often job/now');
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

  it('validates: by the server since 1.27, by its OpenAPI document before', async () => {
    const wrong = { ...rc('wrong'), spec: { replicas: -1, selector: { a: 'b' }, colour: 'red' } };
    await expect(kubectl('create -f -', manifest(wrong))).rejects.toThrow(
      /strict decoding error: unknown field "spec.colour"|ReplicationController.spec\): unknown field "colour"/,
    );
    await expect(kubectl('create --validate=false -f -', manifest(wrong))).rejects.toThrow(
      /is invalid:[^]*spec.replicas: Invalid value: -1/,
    );
    expect(await kubectl('create --dry-run=server -f -', manifest(rc('tried')))).toMatch(/created \(server dry run\)/);
    await expect(kubectl('get rc tried')).rejects.toThrow(/NotFound/);
  });

  it('explains types, exposes a controller, and diffs', async () => {
    expect(await kubectl('explain pod.spec.containers.image')).toMatch(/FIELD:\s+image <string>/);
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
    await makeNode(bus);
    await kubectl('run alive --image=nginx');
    const waiting = kubectl('wait --for=condition=Ready pod/alive --timeout=20s');
    await runPod(rig, bus, 'alive');
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
