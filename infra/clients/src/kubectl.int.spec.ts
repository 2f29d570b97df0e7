import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import type { Bus } from '@shiplog/bus';
import { eventually } from '@shiplog/testing';
import { Rig } from '../../../services/api/src/testing/rig';
import { configMap, rc } from '../../../services/api/src/testing/steps';
import { KubectlSession } from './kubectl-session';
import { findKubectls, IS_WHOLE, newestKubectl } from './kubectls';

const clients = IS_WHOLE ? findKubectls().present : [newestKubectl()];

let rig: Rig;
let bus: Bus;
let folder: string;
beforeAll(async () => {
  rig = await Rig.start();
  bus = await rig.nats.bus('spec');
  folder = await mkdtemp(join(tmpdir(), 'shiplog-clients-'));
});
afterAll(async () => {
  await bus?.close();
  await rig?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(clients.map((client) => [client.version, client] as const))('kubectl %s', (version, client) => {
  const my = new KubectlSession(() => rig, client, `v${client.minor}`);
  const { namespace } = my;
  const deploy = 'deployment.apps';

  it('creates by every generator', async () => {
    const of = (name: string): string => my.named(name);
    const rbac = 'rbac.authorization.k8s.io';
    await my.steps([
      [`create namespace ${namespace}`, `namespace/${namespace} created`],
      [`create clusterrole ${of('made')} --verb=get,list --resource=pods,deployments.apps`, `clusterrole.${rbac}/${of('made')} created`],
      [`create clusterrole ${of('pages')} --verb=get --non-resource-url=/healthz`, / created/],
      [`create clusterrolebinding ${of('made')} --clusterrole=view --user=jane --group=shop`, `clusterrolebinding.${rbac}/${of('made')} created`],
      ['create configmap made --from-literal=a=1', 'configmap/made created'],
      [`create configmap files --from-file=${join(rig.directory, 'ca.pem')}`, / created/],
      ["create cronjob made --image=busybox --schedule='*/5 * * * *' -- date", 'cronjob.batch/made created'],
      ['create job from --from=cronjob/made', 'job.batch/from created'],
      ['create job made --image=busybox -- date', 'job.batch/made created'],
      ['create deployment made --image=nginx:1.27 --replicas=2 --port=80', `${deploy}/made created`],
      ['create ingress made --class=web --rule=shop.example.com/api*=made:80,tls=shop', 'ingress.networking.k8s.io/made created'],
      ['create poddisruptionbudget made --selector=app=made --min-available=50%', 'poddisruptionbudget.policy/made created'],
      [`create priorityclass ${of('made')} --value=1000 --description=batch`, `priorityclass.scheduling.k8s.io/${of('made')} created`],
      ['create quota made --hard=pods=500,services=100', 'resourcequota/made created'],
      ['create role made --verb=get --resource=pods --resource-name=web', `role.${rbac}/made created`],
      [`create rolebinding made --role=made --serviceaccount=${namespace}:made`, `rolebinding.${rbac}/made created`],
      ['create secret generic made --from-literal=a=1', 'secret/made created'],
      [`create secret tls made-tls --cert=${join(rig.directory, 'cert.pem')} --key=${join(rig.directory, 'key.pem')}`, 'secret/made-tls created'],
      ['create secret docker-registry made-registry --docker-server=example.com --docker-username=a --docker-password=b', 'secret/made-registry created'],
      ['create service clusterip made --tcp=80:8080', 'service/made created'],
      ['create service nodeport made-port --tcp=80:8080', 'service/made-port created'],
      ['create service loadbalancer made-balancer --tcp=80', 'service/made-balancer created'],
      ['create service externalname made-name --external-name=example.com', 'service/made-name created'],
      ['create serviceaccount made', 'serviceaccount/made created'],
    ]); // prettier-ignore
    await my.refuses('create configmap made', /configmaps "made" already exists/);
  });

  it('gets in every form', async () => {
    await my.steps([
      [`get ${deploy} made -o name`, `${deploy}/made`],
      ['get deploy made -o yaml', /^apiVersion: apps\/v1\nkind: Deployment\n/],
      ["get deploy made -o 'jsonpath={.spec.replicas} {.metadata.name}'", '2 made'],
      ["get deploy made -o 'jsonpath-as-json={.spec.replicas}'", /^\[\s+2\s+\]\s*$/],
      ["get deploy made -o 'go-template={{.metadata.name}}'", 'made'],
      ['get deploy -o custom-columns=NAME:.metadata.name,COPIES:.spec.replicas', /^NAME +COPIES\nmade +2\n$/],
      ['get deploy --show-labels --no-headers', /^made .* app=made\n$/],
      ['get deploy -L app', /APP\nmade .* made\n$/],
      ['get deploy/made svc/made --show-kind', /deployment\.apps\/made[^]*service\/made/],
      ['get svc,secret -o name', /^service\/made\n[^]*secret\/made-tls\n$/],
      ['get svc --sort-by=.metadata.name --no-headers', /^made [^]*\nmade-balancer [^]*\nmade-name [^]*\nmade-port /],
      ['get svc --chunk-size=1 -o name', /^(service\/\S+\n){4}$/],
      ['get svc --field-selector=metadata.name=made-port -o name', 'service/made-port'],
      ['get secrets --field-selector=type=kubernetes.io/tls -o name', 'secret/made-tls'],
      ["get deploy,cm -l 'app in (made),!x' -o name", `${deploy}/made`],
      ['get configmap nothing --ignore-not-found', ''],
      [`get --raw /apis/apps/v1/namespaces/${namespace}/deployments/made/scale`, /"kind":"Scale"/],
      ['get deploy made --subresource=scale', /^NAME .*\nmade +/],
      ['get all', /service\/made-port[^]*deployment\.apps\/made[^]*cronjob\.batch\/made[^]*job\.batch\/from/],
      ['get svc made-balancer', /LoadBalancer +10\.\S+ +<pending> +80:\d+\/TCP/],
      ['get svc made-name', /ExternalName +<none> +example\.com +<none>/],
    ]); // prettier-ignore
    await my.refuses('get configmap nothing', /NotFound.*configmaps "nothing" not found/);
    await my.refuses('get nonsense', /doesn't have a resource type "nonsense"/);
    expect(JSON.parse(await my.run('get svc,cm -o json'))).toMatchObject({ kind: 'List', apiVersion: 'v1' });
  });

  it('says what there is', async () => {
    await my.steps([
      ['version -o json', /"gitVersion": "v1\.3\d[^]*shiplog/],
      ['cluster-info', /control plane.* is running at /],
      ['api-versions', /^apps\/v1\n[^]*\nv1\n$/m],
      ['api-resources --namespaced=false -o name', /namespaces\n[^]*nodes\n/],
      ['api-resources --verbs=list,get --api-group=apps --no-headers', /^deployments +deploy +apps\/v1 +true +Deployment$/m],
      ['api-resources --categories=all -o wide', /statefulsets +sts +apps\/v1 +true +StatefulSet +create,delete/],
      ['explain deployment.spec.template.spec.containers --recursive', /imagePullPolicy\s+<string>/],
      ['explain ingress.spec.rules.http.paths.pathType', /pathType <string>/],
      ['config current-context', 'test'],
      ['config view --minify', /current-context: test/],
      ['config get-contexts -o name', 'test'],
    ]); // prettier-ignore
    const dump = await my.run(
      `cluster-info dump --namespaces=${namespace} --output-directory=${join(folder, version)}`,
    );
    expect(dump).toContain('Cluster info dumped');
    await my.refuses('top nodes', /metrics not available yet/);
  });

  it('changes fields: set, label, annotate, scale, autoscale, expose, run, edit, taint, cordon', async () => {
    const node = my.named('node');
    await my.steps([
      [`set image ${deploy}/made nginx=nginx:1.28`, `${deploy}/made image updated`],
      [`set env ${deploy}/made A=1 --from=configmap/made`, /made env updated/],
      [`set env ${deploy}/made --list`, /A=1/],
      [`set resources ${deploy}/made --limits=cpu=200m,memory=64Mi --requests=cpu=100m`, `${deploy}/made resource requirements updated`],
      ['set selector service/made app=other', 'service/made selector updated'],
      [`set serviceaccount ${deploy}/made made`, `${deploy}/made serviceaccount updated`],
      ['set subject rolebinding/made --user=joe', 'rolebinding.rbac.authorization.k8s.io/made subjects updated'],
      ['label cm/made tier=front', 'configmap/made labeled'],
      ['label cm/made tier=back --overwrite', 'configmap/made labeled'],
      ['label cm/made --list', 'tier=back'],
      ['label cm/made tier-', 'configmap/made unlabeled'],
      ['annotate cm --all note=1', /configmap\/made annotated?/],
      [`scale ${deploy}/made --replicas=3 --current-replicas=2`, `${deploy}/made scaled`],
      [`autoscale ${deploy}/made --min=1 --max=5 --name=made`, 'horizontalpodautoscaler.autoscaling/made autoscaled'],
      [`expose ${deploy}/made --port=80 --name=exposed`, 'service/exposed exposed'],
      ['run web --image=nginx --labels=app=web --env=A=1 --port=80 --expose', 'service/web created\npod/web created'],
      ['get pod web -o wide', /web +0\/1 +Pending +0 +\S+ +<none> +<none>/],
      ['create -f -', / created/, { apiVersion: 'v1', kind: 'Node', metadata: { name: node } }],
      [`taint node ${node} dedicated=gpu:NoSchedule`, `node/${node} tainted`],
      [`taint node ${node} dedicated-`, `node/${node} untainted`],
      [`cordon ${node}`, `node/${node} cordoned`],
      [`get node ${node}`, /SchedulingDisabled/],
      [`uncordon ${node}`, `node/${node} uncordoned`],
      [`drain ${node} --force --ignore-daemonsets`, /node\/\S+ drained/],
      [`delete node ${node}`, / deleted/],
    ]); // prettier-ignore
    await my.refuses('label deploy/made app=x', /'app' already has a value|already has a value/);
    expect(await my.run(`edit deploy made`, { env: { KUBE_EDITOR: 'sed -i s/nginx:1.28/nginx:1.29/' } })).toContain(
      'edited',
    );
  });

  it('patches in three ways, also subresources, and replaces', async () => {
    await my.steps([
      [`patch ${deploy} made -p {"spec":{"template":{"spec":{"containers":[{"name":"nginx","image":"a"},{"name":"side","image":"b"}]}}}}`, `${deploy}/made patched`],
      [`get ${deploy} made -o 'jsonpath={.spec.template.spec.containers[*].name}'`, /^(nginx side|side nginx)$/],
      [`patch ${deploy} made --type=merge -p {"metadata":{"labels":{"app":null,"x":"y"}}}`, `${deploy}/made patched`],
      [`patch ${deploy} made --type=json -p [{"op":"test","path":"/metadata/labels/x","value":"y"},{"op":"replace","path":"/spec/replicas","value":4}]`, `${deploy}/made patched`],
      [`patch ${deploy} made --type=json -p [{"op":"replace","path":"/spec/replicas","value":4}]`, `${deploy}/made patched (no change)`],
      [`patch ${deploy} made --subresource=status --type=merge -p {"status":{"replicas":4,"readyReplicas":1}}`, `${deploy}/made patched`],
      [`patch ${deploy} made --subresource=scale --type=merge -p {"spec":{"replicas":5}}`, /made patched/],
      [`get ${deploy} made -o 'jsonpath={.spec.replicas} {.status.readyReplicas}'`, '5 1'],
      ['replace -f -', 'configmap/made replaced', { ...configMap('made'), data: { b: '2' } }],
      ['replace --force -f -', /configmap\/made replaced/, { ...configMap('made'), data: { c: '3' } }],
      ["get cm made -o 'jsonpath={.data}'", '{"c":"3"}'],
      [`patch ${deploy} made -p {"spec":{"paused":true}} --dry-run=server`, `${deploy}/made patched`],
      [`get ${deploy} made -o 'jsonpath={.spec.paused}'`, ''],
    ]); // prettier-ignore
    await my.refuses(
      `patch ${deploy} made --type=json -p [{"op":"test","path":"/spec/replicas","value":9}]`,
      /the server rejected our request|test/i,
    );
    const stale = JSON.parse(await my.run('get cm made -o json')) as object;
    await my.run('label cm made late=yes');
    await my.refuses('replace -f -', /Conflict.*the object has been modified/, stale);
  });

  it('applies by its own record, prunes, diffs, and applies a folder of kustomize', async () => {
    const map = (name: string, data: object = {}): object => ({ ...configMap(name, { set: 'a' }), data });
    const list = (...items: object[]): object => ({ apiVersion: 'v1', kind: 'List', items });
    await my.steps([
      ['apply -f -', 'configmap/one created\nconfigmap/two created', list(map('one', { a: '1', b: '2' }), map('two'))],
      ['apply -f -', 'configmap/one configured', map('one', { a: '3' })],
      ["get cm one -o 'jsonpath={.data}'", '{"a":"3"}'],
      ['apply view-last-applied cm one', /^data:\n {2}a: "?3"?\n/m],
      ['apply -f - --dry-run=client', 'configmap/three created (dry run)', map('three')],
      ['apply -f - --dry-run=server', 'configmap/three created (server dry run)', map('three')],
      ['diff -f -', '', map('one', { a: '3' })],
      ['apply -f - --prune -l set=a --prune-allowlist=core/v1/ConfigMap', /configmap\/one unchanged\nconfigmap\/two pruned/, map('one', { a: '3' })],
      ['apply set-last-applied -f -', /configmap\/one configured|unchanged/, map('one', { a: '3' })],
    ]); // prettier-ignore
    await my.refuses('diff -f -', /\n\+ {2}a: "4"/, map('one', { a: '4' }));
    await my.refuses('get cm two', /NotFound/);
    const kustomize = await kustomization();
    await my.steps([
      [`kustomize ${kustomize}`, /kind: ConfigMap[^]*name: front-settings-[^]*kind: ReplicationController/],
      [`apply -k ${kustomize}`, /configmap\/front-settings-\w+ created[^]*replicationcontroller\/front-kept created/],
      [`get -k ${kustomize} -o name`, /replicationcontroller\/front-kept/],
      [`diff -k ${kustomize}`, ''],
      [`delete -k ${kustomize}`, /"front-kept" deleted/],
    ]);
  });

  async function kustomization(): Promise<string> {
    const at = await mkdtemp(join(folder, 'kustomize-'));
    const content = { namePrefix: 'front-', labels: [{ pairs: { team: 'shop' } }], resources: ['rc.json'] };
    const settings = { configMapGenerator: [{ name: 'settings', literals: ['level=info'] }] };
    await writeFile(join(at, 'rc.json'), JSON.stringify(rc('kept')));
    await writeFile(join(at, 'kustomization.yaml'), JSON.stringify({ ...content, ...settings }));
    return at;
  }

  it('waits for conditions, values, and the end', async () => {
    await my.steps([
      ['create -f -', / created/, rc('waited')],
      ["wait rc/waited --for='jsonpath={.spec.replicas}=2' --timeout=5s", /condition met/],
    ]);
    const gone = my.run('wait rc/waited --for=delete --timeout=20s');
    const ready = my.run('wait deploy/made --for=condition=Available --timeout=20s');
    const status = { status: { conditions: [{ type: 'Available', status: 'True' }] } };
    await my.run(`patch ${deploy} made --subresource=status --type=merge -p ${JSON.stringify(status)}`);
    await my.run('delete rc waited');
    expect(await ready).toBe(`${deploy}/made condition met\n`);
    expect(await gone).toMatch(/^(replicationcontroller\/waited condition met\n)?$/);
    await my.refuses('wait deploy/made --for=condition=Progressing --timeout=1s', /timed out waiting/);
  });

  it('rolls out as far as no controller is needed', async () => {
    await my.steps([
      [`rollout pause ${deploy}/made`, `${deploy}/made paused`],
      [`rollout resume ${deploy}/made`, `${deploy}/made resumed`],
      [`rollout restart ${deploy}/made`, `${deploy}/made restarted`],
      [`rollout history ${deploy}/made`, /REVISION +CHANGE-CAUSE|No rollout history found/],
      [`rollout status ${deploy}/made --watch=false`, /Waiting for deployment/],
    ]);
  });

  it('shows events', async () => {
    const uid = await my.run("get pod web -o 'jsonpath={.metadata.uid}'");
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'web.1', namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name: 'web', uid },
      type: 'Warning',
      reason: 'BackOff',
      message: 'waits',
      source: { component: 'spec' },
      firstTimestamp: '2026-01-01T10:00:00Z',
      lastTimestamp: '2026-01-01T10:00:00Z',
    };
    await my.steps([
      ['create -f -', 'event/web.1 created', event],
      ['get events --field-selector=reason=BackOff', /Warning +BackOff +pod\/web +waits/],
      ['events --for pod/web', /Warning +BackOff +Pod\/web +waits/],
      ['events --types=Warning', /BackOff/],
      ['describe pod web', /Events:[^]*Warning +BackOff +\S+ +spec +waits/],
    ]);
    await my.refuses('logs nothing', /pods "nothing" not found/);
  });

  it('watches what is there and what comes', async () => {
    const args = ['get', 'cm', '-w', '-l', 'watched=yes', '--output-watch-events', '-o', 'name', '-n', namespace];
    const child = spawn(client.binary, args, { env: rig.kubectlEnv() });
    let seen = '';
    child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    try {
      await my.run('label cm one watched=yes');
      await eventually(() => seen.includes('configmap/one'));
      await my.run('label cm files watched=yes');
      await my.run('label cm one watched-');
      await eventually(() => seen.includes('configmap/files') && seen.match(/configmap\/one/g)?.length === 2);
    } finally {
      child.kill();
    }
  });

  it('deletes by name, selector, file and all, with dependents or without', async () => {
    await my.steps([
      ['delete cm one --dry-run=server', 'configmap "one" deleted (server dry run)'],
      ['delete cm -l set=a', /^configmap "one" deleted/],
      ['delete cm nothing --ignore-not-found', ''],
      [`delete ${deploy} made --cascade=orphan --wait=false`, / deleted/],
      ['delete job made --cascade=background --now', / deleted/],
      ['delete pod web --force --grace-period=0', /pod "web" force deleted/],
      ['delete svc,secret --all', /service "exposed" deleted[^]*secret "made-tls" deleted/],
      ['delete cronjob,job,pdb,quota,role,rolebinding,ingress,hpa,sa,cm --all', /cronjob\.batch "made" deleted/],
      [`delete clusterrole/${my.named('made')} clusterrole/${my.named('pages')} clusterrolebinding/${my.named('made')} pc/${my.named('made')}`, / deleted/],
      [`delete namespace ${namespace} --wait=false`, / deleted/],
    ]); // prettier-ignore
    await my.refuses('delete cm nothing', /NotFound/);
  });
});
