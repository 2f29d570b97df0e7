import { requestFor } from '@shiplog/pki';
import { builtIn, type CertificateSigningRequest, type KubeObject, type StoredObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admission, causesOf, created, FewObjects, stored, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const RESOURCE = 'certificatesigningrequests.certificates.k8s.io';
const row = builtIn(RESOURCE);
let request = '';
beforeAll(async () => {
  request = Buffer.from((await requestFor('jane')).csr).toString('base64');
});

const aRequest = (spec: object = {}, more: object = {}): KubeObject => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'Jane_1' },
  spec: { request, signerName: 'example.com/ns.name', usages: ['client auth'], expirationSeconds: 600, ...spec },
  ...more,
});
const causes = (spec: object) => causesOf(admitCreate(row, aRequest(spec), admission()));
const pem = (type: string, content: string) =>
  Buffer.from(`-----BEGIN ${type}-----\n${content}\n-----END ${type}-----\n`).toString('base64');
/** A SEQUENCE of two empty ones and an empty BIT STRING: the outermost form of what is signed. */
const SIGNED = Buffer.from('300730003000030100', 'hex').toString('base64');

describe('a new request for a certificate', () => {
  it('says who asks, whoever that claims to be, and is not decided on', () => {
    const sent = aRequest(
      { username: 'root', uid: 'x', groups: ['system:masters'], extra: { a: ['b'] } },
      { status: { conditions: [{ type: 'Approved', status: 'True' }], certificate: 'eA==' } },
    );
    const made = created(RESOURCE, sent);
    expect(made.spec).toEqual({
      ...(aRequest().spec as object),
      username: 'tester',
      groups: ['system:masters', 'system:authenticated'],
    });
    expect(made.status).toEqual({});
  });

  const USAGES = expect.stringMatching(
    /^spec\.usages\[0\]: Unsupported value: "x": supported values: "any", "cert sign"/,
  ) as string;
  it.each<[object, string[]]>([
    [{ usages: [] }, ['spec.usages: Required value: usages must be provided']],
    [{ usages: ['x'] }, [USAGES]],
    [{ usages: ['any', 'any'] }, ['spec.usages[1]: Duplicate value: "any"']],
    [{ signerName: '' }, ['spec.signerName: Required value: signerName must be provided']],
    [
      { signerName: 'kubernetes.io/legacy-unknown' },
      [
        'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
      ],
    ],
    [
      { signerName: 'a.b/c/d' },
      [
        'spec.signerName: Invalid value: "a.b/c/d": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
      ],
    ],
    [
      { signerName: 'x/y' },
      ['spec.signerName: Invalid value: "x": should be a domain with at least two segments separated by dots'],
    ],
    [
      { signerName: 'A.b/c' },
      [
        expect.stringMatching(
          /^spec\.signerName: Invalid value: "A\.b": validating label "A": a lowercase RFC 1123 label/,
        ) as string,
      ],
    ],
    [
      { signerName: 'a.b/C' },
      [
        expect.stringMatching(
          /^spec\.signerName: Invalid value: "C": validating label "C": a lowercase RFC 1123 subdomain/,
        ) as string,
      ],
    ],
    [
      { expirationSeconds: 599 },
      ['spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)'],
    ],
    [
      { request: 'eHk=' },
      ['spec.request: Invalid value: []byte{0x78, 0x79}: PEM block type must be CERTIFICATE REQUEST'],
    ],
    [
      { request: pem('CERTIFICATE REQUEST', 'MAA=') },
      [expect.stringContaining("asn1: structure error: tags don't match") as string],
    ],
  ])('is refused with %j', (spec, texts) => {
    expect(causes(spec)).toEqual(texts);
  });
});

describe('what becomes of a request', () => {
  const NOW = '2024-05-05T01:02:03Z';
  const made = (): StoredObject => created(RESOURCE, aRequest());
  const write = (before: StoredObject, subresource: string | undefined, more: object) =>
    admitUpdate(row, subresource, before, { ...before, ...more }, admission());
  const withConditions = (...conditions: object[]) => ({ status: { conditions } });
  const approved = { type: 'Approved', status: 'True', reason: 'ByHand', message: 'yes' };
  const decided = (before = made()) =>
    stored(valueOf(write(before, 'approval', withConditions(approved)))) as StoredObject & CertificateSigningRequest;

  const RBAC = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' };
  it('is decided and signed by those who may do so for its signer, or for all of its domain', () => {
    const before = created(RESOURCE, aRequest());
    const decide = (status: object, subresource: string, ...names: string[]) => {
      const rules = names.map((name) => ({
        verbs: ['approve', 'sign'],
        apiGroups: ['certificates.k8s.io'],
        resources: ['signers'],
        resourceNames: [name],
      }));
      const state = new FewObjects()
        .put('clusterroles.rbac.authorization.k8s.io', stored({ ...RBAC, metadata: { name: 'r' }, rules }))
        .put(
          'clusterrolebindings.rbac.authorization.k8s.io',
          stored({
            ...RBAC,
            metadata: { name: 'b' },
            roleRef: { kind: 'ClusterRole', name: 'r' },
            subjects: [{ kind: 'User', name: 'ann' }],
          }),
        );
      const ctx = admission({ state, user: { username: 'ann' } });
      const admitted = admitUpdate(row, subresource, before, { ...before, status }, ctx);
      return admitted.ok ? undefined : admitted.status.message;
    };
    const denied = (verb: string) =>
      `certificatesigningrequests.certificates.k8s.io "Jane_1" is forbidden: user not permitted to ${verb} requests with signerName "example.com/ns.name"`;
    const approval = { conditions: [{ type: 'Approved', status: 'True' }] };
    expect(decide(approval, 'approval')).toBe(denied('approve'));
    expect(decide(approval, 'approval', 'example.com/other', 'example.org/*')).toBe(denied('approve'));
    expect(decide(approval, 'approval', 'example.com/ns.name')).toBeUndefined();
    expect(decide(approval, 'approval', 'example.com/*')).toBeUndefined();
    expect(decide({ certificate: 'eA==' }, 'status')).toBe(denied('sign'));
    expect(decide({ conditions: [{ type: 'Failed', status: 'True' }] }, 'status')).toBeUndefined();
  });

  it('is decided by approval, which says when', () => {
    const after = decided();
    expect(after.status?.conditions).toEqual([{ ...approved, lastUpdateTime: NOW, lastTransitionTime: NOW }]);
    expect(after.spec).toEqual(made().spec);
  });

  it('gets its certificate once, by its status', () => {
    const certificate = pem('CERTIFICATE', SIGNED);
    const before = decided();
    const issued = stored(valueOf(write(before, 'status', { status: { ...before.status, certificate } })));
    expect(issued.status).toEqual({ ...before.status, certificate });
    expect(causesOf(write(issued, 'status', { status: { ...before.status, certificate: '' } }))).toEqual([
      'status.certificate: Forbidden: updates may not modify existing certificate content',
    ]);
  });

  it('keeps what was asked, and what it came to, when the object is written', () => {
    const before = decided();
    const after = valueOf(write(before, undefined, { spec: { ...(before.spec as object), usages: [] }, status: {} }));
    expect(after).toEqual(before);
  });

  it.each<[string, object, string]>([
    [
      'approval',
      withConditions(),
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ],
    [
      'approval',
      withConditions(approved, { type: 'Denied', status: 'True' }),
      'status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ],
    [
      'approval',
      withConditions(approved, { type: 'Failed', status: 'False' }),
      'status.conditions[1].status: Unsupported value: "False": supported values: "True"',
    ],
    [
      'approval',
      withConditions(approved, { type: 'X', status: 'Maybe' }),
      'status.conditions[1].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
    ],
    ['approval', withConditions(approved, { type: '', status: 'True' }), 'status.conditions[1].type: Required value'],
    ['approval', withConditions(approved, { type: 'X', status: '' }), 'status.conditions[1].status: Required value'],
    ['approval', withConditions(approved, approved), 'status.conditions[1].type: Duplicate value: "Approved"'],
    ['status', withConditions(), 'status.conditions: Forbidden: updates may not remove a condition of type "Approved"'],
    [
      'status',
      { status: { conditions: [approved], certificate: 'eA==' } },
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
    ],
    [
      'status',
      { status: { conditions: [approved], certificate: pem('KEY', 'eA==') } },
      'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "KEY"',
    ],
  ])('is not changed by %s to %j', (subresource, change, text) => {
    expect(causesOf(write(decided(), subresource, change))).toEqual([text]);
  });

  it('is not decided by its status', () => {
    expect(causesOf(write(made(), 'status', withConditions(approved)))).toEqual([
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    ]);
    const before = decided();
    const after = valueOf(write(before, 'status', withConditions({ ...approved, message: 'other' })));
    expect(after).toEqual(before);
  });
});
