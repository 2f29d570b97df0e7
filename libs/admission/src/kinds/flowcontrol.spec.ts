import { builtIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { MANDATORY_LEVELS, MANDATORY_SCHEMAS } from '../flow-rules/mandatory';
import { admission, causesOf, created, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const SCHEMAS = 'flowschemas.flowcontrol.apiserver.k8s.io';
const LEVELS = 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io';
const of = (kind: string, spec: object, name = 'x'): KubeObject => ({
  apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
  kind,
  metadata: { name },
  spec,
});
const schema = (spec: object, name?: string): KubeObject =>
  of('FlowSchema', { priorityLevelConfiguration: { name: 'p' }, ...spec }, name);
const level = (spec: object, name?: string): KubeObject => of('PriorityLevelConfiguration', spec, name);
const causes = (object: KubeObject) =>
  causesOf(admitCreate(builtIn(object.kind === 'FlowSchema' ? SCHEMAS : LEVELS), object, admission()));

const subject = { kind: 'User', user: { name: 'jane' } };
const resourceRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['default'] };
const rule = { subjects: [subject], resourceRules: [resourceRule] };

describe('a flow schema', () => {
  it('is of middling precedence unless it says so', () => {
    const made = created(SCHEMAS, schema({ rules: [rule], distinguisherMethod: { type: 'ByUser' } }));
    expect(made.spec).toEqual({
      priorityLevelConfiguration: { name: 'p' },
      matchingPrecedence: 1000,
      distinguisherMethod: { type: 'ByUser' },
      rules: [rule],
    });
    expect(made.metadata.generation).toBe(1);
  });

  it.each([...MANDATORY_SCHEMAS])('%s is taken as it must be, and in no other form', (name, spec) => {
    expect(created(SCHEMAS, schema(spec, name)).spec).toEqual(spec);
    expect(causes(schema({ ...spec, rules: [] }, name))).toEqual([
      expect.stringMatching(new RegExp(`^spec: Invalid value: .*: spec of '${name}' must equal the fixed value$`)),
    ]);
  });

  it.each<[object, string]>([
    [{ matchingPrecedence: -1 }, 'spec.matchingPrecedence: Invalid value: -1: must be a positive value'],
    [{ matchingPrecedence: 10_001 }, 'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000'],
    [
      { matchingPrecedence: 1 },
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ],
    [
      { distinguisherMethod: { type: 'x' } },
      'spec.distinguisherMethod.type: Unsupported value: flowcontrol.FlowDistinguisherMethod{Type:"x"}: supported values: "ByNamespace", "ByUser"',
    ],
    [
      { priorityLevelConfiguration: {} },
      'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
    ],
  ])('is refused with %j', (spec, text) => {
    expect(causes(schema(spec))).toEqual([text]);
  });

  it.each<[object, string]>([
    [{ subjects: [] }, 'subjects: Required value: subjects must contain at least one value'],
    [
      { subjects: [{ kind: 'x' }] },
      'subjects[0].kind: Unsupported value: "x": supported values: "Group", "ServiceAccount", "User"',
    ],
    [
      { subjects: [{ kind: 'User' }] },
      "subjects[0].user: Required value: user is required when subject kind is 'User'",
    ],
    [
      { subjects: [{ ...subject, group: { name: 'x' } }] },
      "subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
    ],
    [{ subjects: [{ kind: 'Group', group: { name: '' } }] }, 'subjects[0].group.name: Required value'],
    [
      { subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*' } }] },
      'subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account',
    ],
    [
      { resourceRules: [{ ...resourceRule, verbs: ['fly'] }] },
      'resourceRules[0].verbs: Unsupported value: []string{"fly"}: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
    ],
    [
      { resourceRules: [{ ...resourceRule, verbs: ['*', 'get'] }] },
      `resourceRules[0].verbs: Invalid value: []string{"*", "get"}: if '*' is present, must not specify other verbs`,
    ],
    [
      { resourceRules: [{ ...resourceRule, apiGroups: ['*', 'a'] }] },
      `resourceRules[0].apiGroups: Invalid value: []string{"*", "a"}: if '*' is present, must not specify other api groups`,
    ],
    [
      { resourceRules: [{ ...resourceRule, resources: [] }] },
      'resourceRules[0].resources: Required value: resource rules must supply at least one resource',
    ],
    [
      { resourceRules: [{ ...resourceRule, namespaces: [] }] },
      'resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
    ],
    [
      { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: [] }] },
      'nonResourceRules[0].nonResourceURLs: Required value: nonResourceURLs must contain at least one value',
    ],
    [
      { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['a'] }] },
      'nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash',
    ],
    [
      { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/a*'] }] },
      'nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a*": wildcard can only do suffix matching',
    ],
    [
      { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['//'] }] },
      'nonResourceRules[0].nonResourceURLs[0]: Invalid value: "//": must not contain double slash',
    ],
  ])('is refused with the rule %j', (changes, text) => {
    expect(causes(schema({ rules: [{ ...rule, ...changes }] }))).toEqual([`spec.rules[0].${text}`]);
  });

  it('has a rule about something', () => {
    expect(causes(schema({ rules: [{ subjects: [subject] }] }))).toEqual([
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    ]);
  });

  it('has each condition once, and no metadata by its status', () => {
    const before = created(SCHEMAS, schema({}));
    const write = (conditions: object[], metadata = {}) =>
      admitUpdate(
        builtIn(SCHEMAS),
        'status',
        before,
        { ...before, metadata: { ...before.metadata, ...metadata }, status: { conditions } },
        admission(),
      );
    expect(causesOf(write([{ type: 'a' }, { type: 'a' }]))).toEqual([
      'status.conditions[1].type: Duplicate value: "a"',
    ]);
    expect(causesOf(write([{ status: 'True' }]))).toEqual([
      'status.conditions[0].type: Required value: must not be empty',
    ]);
    expect(valueOf(write([{ type: 'a' }], { labels: { a: 'b' } })).metadata).toEqual(before.metadata);
  });
});

describe('a priority level', () => {
  const queuing = { queues: 64, handSize: 8, queueLengthLimit: 50 };
  const limited = { nominalConcurrencyShares: 1, limitResponse: { type: 'Queue', queuing } };

  it('has shares, and queues where requests wait', () => {
    expect(
      created(LEVELS, level({ type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } })).spec,
    ).toEqual({
      type: 'Limited',
      limited: { nominalConcurrencyShares: 30, lendablePercent: 0, limitResponse: { type: 'Queue', queuing } },
    });
    expect(created(LEVELS, level({ type: 'Exempt', exempt: {} }, 'exempt')).spec?.exempt).toEqual({
      nominalConcurrencyShares: 0,
      lendablePercent: 0,
    });
  });

  it('that every server has is taken as it must be, and in no other form', () => {
    const spec = MANDATORY_LEVELS.get('catch-all')!;
    expect(created(LEVELS, level(spec, 'catch-all')).spec).toEqual(spec);
    expect(causes(level({ ...spec, limited }, 'catch-all'))).toEqual([
      expect.stringMatching(/spec of 'catch-all' must equal the fixed value$/),
    ]);
    expect(causes(level({ type: 'Limited', limited }, 'exempt'))).toEqual([
      `spec.type: Invalid value: "Limited": type must be 'Exempt' if and only if name is 'exempt'`,
      expect.stringMatching(/spec of 'exempt' except the 'spec.exempt' field must equal the fixed value$/),
    ]);
  });

  const withQueuing = (changes: object) => ({
    type: 'Limited',
    limited: { limitResponse: { type: 'Queue', queuing: { ...queuing, ...changes } } },
  });
  const at = 'spec.limited.limitResponse';
  it.each<[object, string]>([
    [{ type: 'x' }, 'spec.type: Unsupported value: "x": supported values: "Exempt", "Limited"'],
    [{ type: 'Exempt' }, `spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`],
    [{ type: 'Limited' }, 'spec.limited: Required value: must not be empty when type is Limited'],
    [{ type: 'Limited', limited, exempt: {} }, 'spec.exempt: Forbidden: must be nil if the type is Limited'],
    [
      { type: 'Limited', limited: { limitResponse: { type: 'x' } } },
      `${at}.type: Unsupported value: "x": supported values: "Queue", "Reject"`,
    ],
    [
      { type: 'Limited', limited: { limitResponse: { type: 'Queue' } } },
      `${at}.queuing: Required value: must not be empty if limited.limitResponse.type is Limited`,
    ],
    [
      { type: 'Limited', limited: { limitResponse: { type: 'Reject', queuing } } },
      `${at}.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited`,
    ],
    [
      { type: 'Limited', limited: { ...limited, nominalConcurrencyShares: -1 } },
      'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
    ],
    [
      { type: 'Limited', limited: { ...limited, lendablePercent: 101 } },
      'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
    ],
    [
      { type: 'Limited', limited: { ...limited, borrowingLimitPercent: -1 } },
      'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
    ],
    [withQueuing({ queueLengthLimit: -1 }), `${at}.queuing.queueLengthLimit: Invalid value: -1: must be positive`],
    [
      withQueuing({ queues: 10_000_001, handSize: 1 }),
      `${at}.queuing.queues: Invalid value: 10000001: must not be greater than 10000000`,
    ],
    [
      withQueuing({ handSize: 65 }),
      `${at}.queuing.handSize: Invalid value: 65: should not be greater than queues (64)`,
    ],
    [
      withQueuing({ handSize: 11 }),
      `${at}.queuing.handSize: Invalid value: 11: required entropy bits of deckSize 64 and handSize 11 should not be greater than 60`,
    ],
  ])('is refused with %j', (spec, text) => {
    expect(causes(level(spec))).toEqual([text]);
  });
});
