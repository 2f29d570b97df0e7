import type { ServerResponse } from 'node:http';
import { makeCertificate } from '../../../services/api/src/testing/certificate';
import { OtherServer } from '../../../services/api/src/testing/other-server';
import { Rig } from '../../../services/api/src/testing/rig';
import { KubectlSession } from './kubectl-session';
import { findKubectls } from './kubectls';

/** The oldest that is wanted and the newest. */
const { present } = findKubectls();
const clients = [...new Set([present[0]!, present.at(-1)!])];

let rig: Rig;
let server: OtherServer;
let clientConfig: object;
beforeAll(async () => {
  rig = await Rig.start();
  const { ca, cert, key } = await makeCertificate();
  server = new OtherServer({ cert, key }, (request, response, body) => answer(request.url ?? '', response, body));
  const url = `https://localhost:${await server.listen()}`;
  clientConfig = { url, caBundle: Buffer.from(ca).toString('base64') };
});
afterAll(async () => {
  await server?.stop();
  await rig?.stop();
});

/** Labels what has no label, and denies what is called so. */
function answer(url: string, response: ServerResponse, body: string): void {
  const { apiVersion, kind, request } = JSON.parse(body) as { apiVersion: string; kind: string; request: { uid: string; name: string } };
  const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/metadata/labels', value: { by: 'webhook' } }]));
  const mutation = { allowed: true, patchType: 'JSONPatch', patch: patch.toString('base64'), warnings: ['it was given a label'] };
  const validation = { allowed: !request.name.startsWith('bad'), status: { code: 403, message: 'names must be good' } };
  const said = url.startsWith('/mutate') ? mutation : validation;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ apiVersion, kind, response: { uid: request.uid, ...said } }));
} // prettier-ignore

const GROUP = 'admissionregistration.k8s.io';
const apiVersion = `${GROUP}/v1`;
const configMaps = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE', 'UPDATE'],
  resources: ['configmaps'],
};

describe.each(clients.map((client) => [client.version, client] as const))('kubectl %s', (_version, client) => {
  const my = new KubectlSession(() => rig, client, `adm${client.minor}`);
  const { namespace } = my;
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  const name = my.named('p');
  const object = (kind: string, content: object): object => ({ apiVersion, kind, metadata: { name }, ...content });
  beforeAll(() => my.run(`create namespace ${namespace}`));

  it('makes validating policies, which deny and warn', async () => {
    const validations = [{ expression: 'object.data.size != "huge"', messageExpression: '"too large: " + object.metadata.name' }];
    const spec = { matchConstraints: { resourceRules: [configMaps], namespaceSelector }, validations };
    const binding = (validationActions: string[]) => object('ValidatingAdmissionPolicyBinding', { spec: { policyName: name, validationActions } });
    await my.steps([
      ['apply -f -', `validatingadmissionpolicy.${GROUP}/${name} created`, object('ValidatingAdmissionPolicy', { spec })],
      ['apply -f -', `validatingadmissionpolicybinding.${GROUP}/${name} created`, binding(['Deny'])],
      ['create configmap ok --from-literal=size=small', 'configmap/ok created'],
    ]);
    await my.refuses('create configmap no --from-literal=size=huge', new RegExp(`ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: too large: no`));
    await my.steps([
      ['apply -f -', / configured/, binding(['Warn'])],
      ['create configmap warned --from-literal=size=huge', new RegExp(`Warning: Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${name}': too large: warned`)],
      [`get validatingadmissionpolicies ${name}`, /VALIDATIONS +PARAMKIND +AGE\n\S+ +1 +<unset>/],
      [`delete validatingadmissionpolicybinding ${name}`, / deleted/],
      [`delete validatingadmissionpolicy ${name}`, / deleted/],
    ]);
    const broken = { ...spec, validations: [{ expression: 'object.' }] };
    await my.refuses('apply -f -', /spec\.validations\[0\]\.expression: Invalid value: "object\.": compilation failed/, object('ValidatingAdmissionPolicy', { spec: broken }));
  });

  it('may not exec where a policy has something against it', async () => {
    const rule = { ...configMaps, operations: ['CONNECT'], resources: ['pods/exec', 'pods/proxy'] };
    const validations = [{ expression: 'object.kind == "PodExecOptions" ? !("sh" in object.command) : object.path != "/secret"', message: 'no shells' }];
    const spec = { matchConstraints: { resourceRules: [rule], namespaceSelector }, validations };
    await my.steps([
      ['apply -f -', / created/, object('ValidatingAdmissionPolicy', { spec })],
      ['apply -f -', / created/, object('ValidatingAdmissionPolicyBinding', { spec: { policyName: name, validationActions: ['Deny'] } })],
      ['run web --image=nginx', 'pod/web created'],
    ]);
    await my.refuses('exec web -- sh', /denied request: no shells/);
    await my.refuses(`get --raw /api/v1/namespaces/${namespace}/pods/web/proxy/secret`, /denied request: no shells/);
    await my.steps([[`delete validatingadmissionpolicybinding ${name}`, / deleted/], [`delete validatingadmissionpolicy ${name}`, / deleted/]]);
  });

  it('makes mutating policies', async () => {
    const mutations = [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"by": "policy"}}}' } }];
    const spec = { matchConstraints: { resourceRules: [configMaps], namespaceSelector }, mutations, reinvocationPolicy: 'Never' };
    await my.steps([
      ['apply -f -', `mutatingadmissionpolicy.${GROUP}/${name} created`, object('MutatingAdmissionPolicy', { spec })],
      ['apply -f -', `mutatingadmissionpolicybinding.${GROUP}/${name} created`, object('MutatingAdmissionPolicyBinding', { spec: { policyName: name } })],
      ['create configmap mutated', 'configmap/mutated created'],
      ["get configmap mutated -o jsonpath='{.metadata.labels.by}'", 'policy'],
      [`delete mutatingadmissionpolicybinding ${name}`, / deleted/],
    ]);
  });

  it('makes webhooks, which change, deny and warn', async () => {
    const { url, ...more } = clientConfig as { url: string };
    const webhooks = (path: string) => ({
      webhooks: [{ name: `${path}.example.com`, admissionReviewVersions: ['v1'], sideEffects: 'None', clientConfig: { url: `${url}/${path}`, ...more }, rules: [configMaps], namespaceSelector }],
    });
    await my.steps([
      ['apply -f -', `mutatingwebhookconfiguration.${GROUP}/${name} created`, object('MutatingWebhookConfiguration', webhooks('mutate'))],
      ['apply -f -', `validatingwebhookconfiguration.${GROUP}/${name} created`, object('ValidatingWebhookConfiguration', webhooks('validate'))],
      ['create configmap good', /Warning: it was given a label/],
      ["get configmap good -o jsonpath='{.metadata.labels.by}'", 'webhook'],
      ['create configmap tried --dry-run=server', /configmap\/tried created \(server dry run\)/],
      [`get mutatingwebhookconfigurations ${name}`, /WEBHOOKS +AGE\n\S+ +1/],
    ]);
    await my.refuses('create configmap bad', /admission webhook "validate\.example\.com" denied the request: names must be good/);
    await my.steps([
      [`delete mutatingwebhookconfiguration ${name}`, / deleted/],
      [`delete validatingwebhookconfiguration ${name}`, / deleted/],
      ['create configmap bad', 'configmap/bad created'],
    ]);
  });
}); // prettier-ignore
