import { builtIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admission, causesOf, created, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const VALIDATING = 'validatingwebhookconfigurations.admissionregistration.k8s.io';
const MUTATING = 'mutatingwebhookconfigurations.admissionregistration.k8s.io';
const rule = { operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] };
const service = { name: 'hook', namespace: 'default' };
const WEBHOOK = {
  name: 'a.example.com',
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  clientConfig: { service: { ...service, path: '/validate' } },
  rules: [rule],
};
const of = (kind: string, ...webhooks: object[]): KubeObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
  metadata: { name: 'x' },
  webhooks,
});
const validating = (...webhooks: object[]) => of('ValidatingWebhookConfiguration', ...webhooks);
const causes = (changes: object) =>
  causesOf(admitCreate(builtIn(VALIDATING), validating({ ...WEBHOOK, ...changes }), admission()));

const DEFAULTED = {
  ...WEBHOOK,
  clientConfig: { service: { ...service, path: '/validate', port: 443 } },
  rules: [{ ...rule, scope: '*' }],
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
};

describe('webhooks', () => {
  it('get what they leave out, and count their changes', () => {
    const made = created(VALIDATING, validating(WEBHOOK));
    expect(made.webhooks).toEqual([DEFAULTED]);
    expect(created(MUTATING, of('MutatingWebhookConfiguration', WEBHOOK)).webhooks).toEqual([
      { ...DEFAULTED, reinvocationPolicy: 'Never' },
    ]);
    expect(made.metadata.generation).toBe(1);
    const change = (webhooks: object[]) =>
      valueOf(admitUpdate(builtIn(VALIDATING), undefined, made, { ...made, webhooks }, admission())).metadata
        .generation;
    expect([change([WEBHOOK]), change([])]).toEqual([1, 2]);
  });

  it('are taken as they are when they say everything', () => {
    const whole = {
      ...DEFAULTED,
      clientConfig: { url: 'https://hooks.example.com:8443/a', caBundle: 'eA==' },
      matchConditions: [{ name: 'not-leases', expression: 'true' }],
      reinvocationPolicy: 'IfNeeded',
      rules: [{ ...rule, scope: 'Namespaced', resources: ['pods', 'pods/*', '*/scale'] }],
    };
    expect(created(MUTATING, of('MutatingWebhookConfiguration', whole)).webhooks).toEqual([whole]);
  });

  const client = (clientConfig: object) => ({ clientConfig });
  const ruled = (changes: object) => ({ rules: [{ ...rule, ...changes }] });
  const at = 'clientConfig.url';
  it.each<[object, string]>([
    [{ name: '' }, 'name: Required value'],
    [{ name: 'a.b' }, 'name: Invalid value: "a.b": should be a domain with at least three segments separated by dots'],
    [{ failurePolicy: 'x' }, 'failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore"'],
    [{ matchPolicy: 'x' }, 'matchPolicy: Unsupported value: "x": supported values: "Equivalent", "Exact"'],
    [{ sideEffects: undefined }, 'sideEffects: Required value: must specify one of None, NoneOnDryRun'],
    [{ sideEffects: 'Some' }, 'sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'],
    [{ timeoutSeconds: 31 }, 'timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds'],
    [client({}), 'clientConfig: Required value: exactly one of url or service is required'],
    [client({ url: 'https://a', service }), 'clientConfig: Required value: exactly one of url or service is required'],
    [
      client({ url: 'http://a' }),
      `${at}: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
    ],
    [
      client({ url: 'https:///a' }),
      `${at}: Invalid value: "": host must be specified; desired format: https://host[/path]`,
    ],
    [client({ url: 'https://u:p@a' }), `${at}: Invalid value: "u:p": user information is not permitted in the URL`],
    [client({ url: 'https://a#b' }), `${at}: Invalid value: "b": fragments are not permitted in the URL`],
    [client({ url: 'https://a?b=c' }), `${at}: Invalid value: "b=c": query parameters are not permitted in the URL`],
    [
      client({ url: 'https://a:b' }),
      `${at}: Required value: url must be a valid URL: parse "https://a:b": invalid port ":b" after host; desired format: https://host[/path]`,
    ],
    [client({ service: { ...service, name: '' } }), 'clientConfig.service.namespace: Required value'],
    [
      client({ service: { ...service, port: 0 } }),
      'clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
    ],
    [
      client({ service: { ...service, path: '//' } }),
      'clientConfig.service.path: Invalid value: "//": segment[0] may not be empty',
    ],
    [
      client({ service: { ...service, path: '/a//b' } }),
      'clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty',
    ],
    [ruled({ operations: [] }), 'rules[0].operations: Required value'],
    [
      ruled({ operations: ['*', 'CREATE'] }),
      `rules[0].operations: Invalid value: []string{"*", "CREATE"}: if '*' is present, must not specify other operations`,
    ],
    [
      ruled({ operations: ['PATCH'] }),
      'rules[0].operations[0]: Unsupported value: "PATCH": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
    ],
    [ruled({ apiGroups: [] }), 'rules[0].apiGroups: Required value'],
    [ruled({ apiVersions: [''] }), 'rules[0].apiVersions[0]: Required value'],
    [ruled({ resources: [] }), 'rules[0].resources: Required value'],
    [
      ruled({ resources: ['*', 'pods'] }),
      `rules[0].resources: Invalid value: []string{"*", "pods"}: if '*' is present, must not specify other resources without subresources`,
    ],
    [
      ruled({ resources: ['pods/*', 'pods/log'] }),
      `rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
    ],
    [
      ruled({ resources: ['*/*', 'pods'] }),
      `rules[0].resources: Invalid value: []string{"*/*", "pods"}: if '*/*' is present, must not specify other resources`,
    ],
    [ruled({ scope: 'x' }), 'rules[0].scope: Unsupported value: "x": supported values: "*", "Cluster", "Namespaced"'],
    [{ admissionReviewVersions: [] }, 'admissionReviewVersions: Required value: must specify one of v1, v1beta1'],
    [{ admissionReviewVersions: ['v1', 'v1'] }, 'admissionReviewVersions[1]: Invalid value: "v1": duplicate version'],
    [
      { admissionReviewVersions: ['v2'] },
      'admissionReviewVersions: Invalid value: []string{"v2"}: must include at least one of v1, v1beta1',
    ],
    [{ matchConditions: [{ name: 'a', expression: ' ' }] }, 'matchConditions[0].expression: Required value'],
    [{ matchConditions: [{ name: '', expression: 'true' }] }, 'matchConditions[0].name: Required value'],
    [
      { matchConditions: [1, 2].map(() => ({ name: 'a', expression: 'true' })) },
      'matchConditions[1].name: Duplicate value: "a"',
    ],
    [
      { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      "namespaceSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
  ])('are refused with %j', (changes, text) => {
    expect(causes(changes)).toEqual([`webhooks[0].${text}`]);
  });

  it('are called differently', () => {
    expect(causesOf(admitCreate(builtIn(VALIDATING), validating(WEBHOOK, WEBHOOK), admission()))).toEqual([
      'webhooks[1].name: Duplicate value: "a.example.com"',
    ]);
  });
});
