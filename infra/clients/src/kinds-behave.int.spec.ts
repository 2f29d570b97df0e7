import { Rig } from '../../../services/api/src/testing/rig';
import { letGo } from './let-go';
import { KubectlSession } from './kubectl-session';
import { newestKubectl } from './kubectls';
import { csr } from './sample-request';
import { samples, type Sample } from './sample-kinds';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  await rig?.stop();
});
const my = new KubectlSession(() => rig, newestKubectl(), 'default');
const sampleOf = (kind: string, name: string): Sample => {
  const found = samples().find(({ manifest }) => manifest.kind === kind && manifest.metadata.name === name);
  if (found === undefined) throw new Error(`there is no manifest of ${kind} ${name}`);
  return found;
};
const object = (kind: string, name: string) => sampleOf(kind, name).manifest;

/** What `kubectl get -o wide` shows of the manifests, as far as it is the kind's own. */
const COLUMNS: readonly (readonly [kind: string, shown: RegExp, name?: string])[] = [
  ['Deployment', /READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\nsample +0\/3 +0 +0 +\S+ +web +nginx:1\.27 +app=web,tier in \(front\)/],
  ['ReplicaSet', /DESIRED +CURRENT +READY +AGE +CONTAINERS +IMAGES +SELECTOR\nsample +2 +0 +0/],
  ['StatefulSet', /READY +AGE +CONTAINERS +IMAGES\nsample +0\/3 +\S+ +db +postgres:16/],
  ['DaemonSet', /DESIRED +CURRENT +READY +UP-TO-DATE +AVAILABLE +NODE SELECTOR +AGE/],
  ['Job', /STATUS +COMPLETIONS +DURATION +AGE +CONTAINERS +IMAGES +SELECTOR\nsample +Running +0\/6/],
  ['CronJob', /SCHEDULE +TIMEZONE +SUSPEND +ACTIVE +LAST SCHEDULE +AGE .*\nsample +15 3 \* \* 1-5 +Etc\/UTC +False +0 +<none>/],
  ['Ingress', /CLASS +HOSTS +ADDRESS +PORTS +AGE\nsample +sample +shop\.example\.com +80, 443/],
  ['IngressClass', /CONTROLLER +PARAMETERS +AGE\nsample +example\.com\/ingress +IngressParameters\.example\.com\/external/],
  ['NetworkPolicy', /POD-SELECTOR +AGE\nsample +app=db/],
  ['PersistentVolume', /CAPACITY +ACCESS MODES +RECLAIM POLICY +STATUS [^]*sample +10Gi +RWO,ROX +Retain/],
  ['PersistentVolumeClaim', /STATUS +VOLUME +CAPACITY +ACCESS MODES +STORAGECLASS [^]*sample +Pending/],
  ['StorageClass', /PROVISIONER +RECLAIMPOLICY +VOLUMEBINDINGMODE +ALLOWVOLUMEEXPANSION[^]*Retain +WaitForFirstConsumer +true/],
  ['HorizontalPodAutoscaler', /REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE\nsample +Deployment\/sample +.*<unknown>.* +2 +10 +0/],
  ['PodDisruptionBudget', /MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE\nsample +50% +N\/A +0/],
  ['PriorityClass', /VALUE +GLOBAL-DEFAULT +AGE[^]*sample +100000 +false/],
  ['ResourceQuota', /sample +/],
  ['CertificateSigningRequest', /SIGNERNAME +REQUESTOR +REQUESTEDDURATION +CONDITION\nsample +\S+ +example\.com\/clients +\S+ +(24h|1d) +Pending/],
  ['RoleBinding', /ROLE +AGE +USERS +GROUPS +SERVICEACCOUNTS\nsample +Role\/sample/],
  ['ClusterRoleBinding', /sample +ClusterRole\/sample +\S+ +jane +shop:developers +default\/sample/],
  ['FlowSchema', /PRIORITYLEVEL +MATCHINGPRECEDENCE +DISTINGUISHERMETHOD +AGE +MISSINGPL\nsample +sample +900 +ByUser/],
  ['RuntimeClass', /HANDLER +AGE\nsample +gvisor/],
  ['Lease', /HOLDER +AGE\nsample +replica-1/],
  ['CustomResourceDefinition', /CREATED AT\nbackups\.example\.com/, 'backups.example.com'],
]; // prettier-ignore

/** What is wrong of a manifest, by a JSON patch, and what Kubernetes says of it. */
const REFUSED: readonly (readonly [kind: string, operation: object, said: RegExp])[] = [
  ['Deployment', { op: 'replace', path: '/spec/replicas', value: -1 }, /spec\.replicas: Invalid value: -1: must be greater than or equal to 0/],
  ['Deployment', { op: 'replace', path: '/spec/template/metadata/labels', value: { a: 'b' } }, /spec\.template\.metadata\.labels: Invalid value:.*`selector` does not match template `labels`/],
  ['CronJob', { op: 'replace', path: '/spec/schedule', value: 'often' }, /spec\.schedule: Invalid value: "often"/],
  ['Job', { op: 'replace', path: '/spec/template/spec/restartPolicy', value: 'Always' }, /spec\.template\.spec\.restartPolicy: (Required|Unsupported) value/],
  ['Ingress', { op: 'replace', path: '/spec/rules/0/host', value: 'NO' }, /spec\.rules\[0\]\.host: Invalid value: "NO"/],
  ['NetworkPolicy', { op: 'replace', path: '/spec/policyTypes', value: ['Out'] }, /spec\.policyTypes\[0\]: Unsupported value: "Out"/],
  ['PersistentVolumeClaim', { op: 'replace', path: '/spec/accessModes', value: [] }, /spec\.accessModes: Required value/],
  ['PriorityClass', { op: 'replace', path: '/value', value: 2000000000 }, /value: Forbidden: maximum allowed value of a user defined priority is 1000000000/],
  ['PodDisruptionBudget', { op: 'add', path: '/spec/maxUnavailable', value: 1 }, /minAvailable and maxUnavailable cannot be both set/],
  ['HorizontalPodAutoscaler', { op: 'replace', path: '/spec/maxReplicas', value: 0 }, /spec\.maxReplicas: Invalid value: 0: must be greater than 0/],
  ['RoleBinding', { op: 'replace', path: '/roleRef/kind', value: 'Group' }, /roleRef\.kind: Unsupported value: "Group"/],
  ['StorageClass', { op: 'replace', path: '/reclaimPolicy', value: 'Burn' }, /reclaimPolicy: Unsupported value: "Burn"/],
]; // prettier-ignore

describe('kinds, to kubectl', () => {
  it.each(COLUMNS.map((row) => [row[0], row] as const))(
    '%s has its columns',
    async (_kind, [kind, shown, name = 'sample']) => {
      const sample = sampleOf(kind, name);
      const { manifest, type } = sample;
      await my.steps([
        ['create -f -', / created/, manifest],
        [`get ${type} ${name} -o wide`, shown],
        [`delete ${type} ${name} --wait=false`, / deleted/],
      ]);
      await letGo(rig, sample);
    },
  );

  it.each(REFUSED)('%s that is wrong is refused: %j', async (kind, operation, said) => {
    const { op, path, value } = operation as { op: string; path: string; value: unknown };
    const wrong = structuredClone({ ...object(kind, 'sample'), metadata: { name: 'wrong' } }) as unknown as Record<
      string,
      unknown
    >;
    const parts = path.split('/').slice(1);
    const last = parts.pop() ?? '';
    const at = parts.reduce((inner, part) => inner[part] as Record<string, unknown>, wrong);
    expect(op).toMatch(/add|replace/);
    at[last] = value;
    await my.refuses('create -f -', said, wrong);
  });

  it('decides on a request for a certificate', async () => {
    await my.steps([
      ['create -f -', / created/, csr('asked')],
      ['certificate approve asked', /approved/],
      ['get csr asked', /asked +\S+ +example\.com\/clients +\S+ +\S+ +Approved/],
      ['delete csr asked', / deleted/],
    ]);
  });

  it('applies on the server, where managers own fields, give way, and are forced', async () => {
    const of = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned' }, data });
    await my.steps([
      ['apply --server-side -f -', 'configmap/owned serverside-applied', of({ a: '1', b: '1' })],
      ['apply --server-side -f -', 'configmap/owned serverside-applied', of({ a: '2' })],
      ["get cm owned -o 'jsonpath={.data}'", '{"a":"2"}'],
      ['get cm owned --show-managed-fields -o yaml', /manager: kubectl\n[^]*operation: Apply/],
    ]);
    const other = 'apply --server-side --field-manager=other -f -';
    await my.refuses(other, /conflict with "kubectl": \.data\.a/, of({ a: '3' }));
    await my.steps([
      [`${other} --force-conflicts`, 'configmap/owned serverside-applied', of({ a: '3' })],
      ['diff --server-side --field-manager=other -f -', '', of({ a: '3' })],
    ]);
  });

  it('applies every kind on the server, twice, and nothing changes the second time', async () => {
    const all = samples().filter(({ row }) => row.id !== 'namespaces');
    const list = { apiVersion: 'v1', kind: 'List', items: all.map(({ manifest }) => manifest) };
    const applied = all.map(({ shown }) => `${shown} serverside-applied`).join('\n');
    const versions = "get -f - -o 'jsonpath={.items[*].metadata.resourceVersion}'";
    const input = { input: JSON.stringify(list) };
    await my.steps([['apply --server-side -f -', applied, list]]);
    const before = await my.run(versions, input);
    await my.steps([['apply --server-side -f -', applied, list]]);
    expect(await my.run(versions, input)).toBe(before);
    await my.steps([['delete -f - --wait=false', / deleted/, list]]);
    for (const sample of all) await letGo(rig, sample);
  });

  it('serves what a definition defines, and forgets it with the definition', async () => {
    const backup = (name: string, spec: object) => ({
      apiVersion: 'example.com/v1',
      kind: 'Backup',
      metadata: { name },
      spec,
    });
    await my.steps([
      ['apply -f -', / created/, { ...object('CustomResourceDefinition', 'backups.example.com'), metadata: { name: 'backups.example.com' } }],
      ['wait crd/backups.example.com --for=condition=Established --timeout=10s', /condition met/],
      ['create -f -', 'backup.example.com/nightly created', backup('nightly', { schedule: '@daily' })],
      ['get backups', /NAME +COPIES\nnightly +1/],
      ['get all', /backup\.example\.com\/nightly/],
      ['scale backup/nightly --replicas=3', /scaled/],
      ['explain backup.spec', /schedule\s+<string> -required-/],
      ['patch bu nightly --subresource=status --type=merge -p {"status":{"copies":2}}', / patched/],
    ]); // prettier-ignore
    await my.refuses('create -f -', /spec\.schedule: Required value/, backup('wrong', {}));
    await my.run('delete backup nightly');
    await my.run('delete crd backups.example.com --wait=false');
    await letGo(rig, sampleOf('CustomResourceDefinition', 'backups.example.com'));
    await my.refuses('get backups', /doesn't have a resource type|could not find the requested resource/);
  });

  it('tells who one is and what one may', async () => {
    await my.steps([
      ['auth whoami', /Username +admin\n(UID .*\n)?Groups +\[?system:masters/],
      ['auth can-i delete nodes', /^(Warning: .*\n)?yes/],
      ['auth can-i --list', /\*\.\* +\[\] +\[\] +\[\*\]/],
    ]);
  });

  it('has no logs of a pod that is on no node, and explains fields in words', async () => {
    await my.steps([
      ['run lonely --image=nginx', 'pod/lonely created'],
      ['logs lonely', ''],
      ['explain pod.spec.containers.image', /DESCRIPTION:\n +\S+ \S+/],
    ]);
  });
});
