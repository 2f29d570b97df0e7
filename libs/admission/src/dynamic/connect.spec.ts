import { builtIn, type KubeObject } from '@shiplog/contracts';
import { stored } from '../testing/builders';
import { connectRejection } from './connect';
import { GivenPolicies } from './testing/policies';

const forExec = {
  resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/exec'] }],
};
const options = { apiVersion: 'v1', kind: 'PodExecOptions', metadata: {}, command: ['sh'], stdin: true } as KubeObject;
const connect = ({ cluster, user }: GivenPolicies, subresource = 'exec') =>
  connectRejection(cluster, { user, row: builtIn('pods'), subresource, namespace: 'default', name: 'web', options });

it('policies say who may connect to what, and how', () => {
  const validations = [
    { expression: 'object.kind != "PodExecOptions" || object.command[0] != "sh"', message: 'no shells' },
  ];
  const policies = new GivenPolicies().policy('p', { matchConstraints: forExec, validations });
  expect(connect(policies)).toMatchObject({
    code: 422,
    message: `pods "web" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p-binding' denied request: no shells`,
  });
  expect(connect(policies, 'attach')).toBeUndefined();
  expect(connect(new GivenPolicies())).toBeUndefined();
});

it.each([['Fail', 500], ['Ignore', undefined]])('webhooks that should be asked fail: %s', (failurePolicy, code) => {
  const policies = new GivenPolicies();
  const webhook = { name: 'w.example.com', failurePolicy, admissionReviewVersions: ['v1'], sideEffects: 'None', clientConfig: { url: 'https://x/' }, rules: forExec.resourceRules };
  const configuration = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'w' }, webhooks: [webhook] };
  policies.cluster.put('validatingwebhookconfigurations.admissionregistration.k8s.io', stored(configuration as KubeObject));
  expect(connect(policies)?.code).toBe(code);
}); // prettier-ignore
