import { requestFor } from '@shiplog/pki';
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

describe('kubectl, of rights, certificates and policies', () => {
  it('makes roles and gives them', async () => {
    await kubectl('create role reader --verb=get,list --resource=pods');
    await kubectl('create clusterrole admin-of-all --aggregation-rule=a=b');
    await kubectl('create rolebinding readers --role=reader --user=jane --group=ops --serviceaccount=default:robot');
    await kubectl('create clusterrolebinding all --clusterrole=admin-of-all --user=root');
    expect(await kubectl('get rolebindings -o wide')).toMatch(
      /^readers +Role\/reader +\d+s +jane +ops +default\/robot$/m,
    );
    expect(await kubectl('describe role reader')).toMatch(/pods +\[\] +\[\] +\[get list\]/);
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'other' };
    const patch = JSON.stringify({ roleRef });
    await expect(kubectl(`patch rolebinding readers --type=merge -p ${patch}`)).rejects.toThrow(
      /cannot change roleRef/,
    );
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader', namespace: 'default' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['watch'] }],
    };
    expect(await kubectl('auth reconcile -f -', manifest(role))).toMatch(
      /reader reconciled[^]*Watch|reader reconciled/i,
    );
  });

  it('asks for a certificate and approves that it is given', async () => {
    const request = Buffer.from((await requestFor('jane')).csr).toString('base64');
    const csr = (name: string) => ({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name },
      spec: { request, signerName: 'example.com/people', usages: ['client auth'], expirationSeconds: 86_400 },
    });
    await kubectl('create -f -', manifest(csr('jane')));
    await kubectl('create -f -', manifest(csr('eve')));
    expect(await kubectl('get csr jane')).toMatch(/^jane +\d+s +example\.com\/people +admin +24h +Pending$/m);
    expect(await kubectl('certificate approve jane')).toMatch(/jane approved/);
    expect(await kubectl('certificate deny eve')).toMatch(/eve denied/);
    expect(await kubectl('get csr')).toMatch(/^eve .*Denied$[^]*^jane .*Approved$/m);
    await expect(kubectl('certificate deny jane')).rejects.toThrow(/is already Approved/);
    expect(await kubectl('get csr --field-selector=spec.signerName=example.com/people -o name')).toMatch(/eve[^]*jane/);
  });

  it('writes policies, webhooks, flows and devices', async () => {
    const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
    const of = (apiVersion: string, kind: string, content: object): object => ({
      apiVersion,
      kind,
      metadata: { name: 'x.example.com' },
      ...content,
    });
    const admission = 'admissionregistration.k8s.io/v1';
    const flow = 'flowcontrol.apiserver.k8s.io/v1';
    const policy = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] };
    const webhook = {
      name: 'x.example.com',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      clientConfig: { url: 'https://hook.example.com' },
      // Nothing is called so: no pod of this spec waits for it.
      rules: [{ ...rule, apiGroups: ['none.example.com'] }],
    };
    const items = [
      of(admission, 'ValidatingAdmissionPolicy', { spec: policy }),
      of(admission, 'ValidatingAdmissionPolicyBinding', { spec: { policyName: 'x', validationActions: ['Audit'] } }),
      of(admission, 'ValidatingWebhookConfiguration', { webhooks: [webhook] }),
      of(flow, 'PriorityLevelConfiguration', {
        spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
      }),
      of(flow, 'FlowSchema', { spec: { priorityLevelConfiguration: { name: 'x.example.com' } } }),
      of('resource.k8s.io/v1', 'DeviceClass', { spec: { selectors: [{ cel: { expression: 'true' } }] } }),
    ];
    const list = manifest({ apiVersion: 'v1', kind: 'List', items });
    // Versions of kubectl that came before a group can't say its kinds, but apply them.
    expect((await kubectl('apply -f -', list)).match(/ created$/gm)).toHaveLength(items.length);
    await kubectl('apply -f -', list);
    const generations = `get -f - -o jsonpath='{.items[*].metadata.generation}'`;
    expect(await kubectl(generations, list)).toBe(items.map(() => 1).join(' '));
    expect(await kubectl('get validatingadmissionpolicies')).toMatch(/^x\.example\.com +1 +<unset> +\d+s$/m);
    expect(await kubectl('get flowschemas')).toMatch(/^x\.example\.com +x\.example\.com +1000 +<none> +\d+s +\?$/m);
    expect(await kubectl('get prioritylevelconfigurations')).toMatch(/^x\.example\.com +Limited +30 +<none>/m);
    expect((await kubectl('delete -f -', list)).match(/ deleted/g)).toHaveLength(items.length);
  });
});
