import { builtIn, type BuiltIn, type KubeObject, type PodSpec } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { aPod, FewObjects, admission, causesOf, created, rejectionOf, stored, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const priority = (name: string, fields: object): KubeObject => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  ...fields,
});
const runtime = (fields: object): KubeObject => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name: 'vm' },
  handler: 'kata',
  ...fields,
});
const PRIORITIES = 'priorityclasses.scheduling.k8s.io';
const RUNTIMES = 'runtimeclasses.node.k8s.io';
const having = (resource: BuiltIn, ...objects: KubeObject[]) => {
  const state = new FewObjects();
  for (const object of objects) state.put(resource, stored(created(resource, object)));
  return admission({ state });
};
const causes = (resource: BuiltIn, given: KubeObject) => causesOf(admitCreate(builtIn(resource), given, admission()));
const specOf = (spec: Partial<PodSpec>, ctx = admission()) =>
  valueOf(admitCreate(builtIn('pods'), aPod(spec), ctx))['spec'] as PodSpec;
const refusal = (spec: Partial<PodSpec>, ctx = admission()) =>
  rejectionOf(admitCreate(builtIn('pods'), aPod(spec), ctx)).message;

describe('a priority class', () => {
  it('preempts unless it says otherwise', () => {
    const made = created(PRIORITIES, priority('high', { value: 1000 }));
    expect(made).toMatchObject({ value: 1000, preemptionPolicy: 'PreemptLowerPriority', metadata: { generation: 1 } });
  });

  const reserved =
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only.";
  it.each<[string, KubeObject, string[]]>([
    [
      'is above what users may have',
      priority('high', { value: 1_000_000_001 }),
      ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    ],
    [
      'preempts in a way of its own',
      priority('high', { value: 1, preemptionPolicy: 'Odd' }),
      ['preemptionPolicy: Unsupported value: "Odd": supported values: "Never", "PreemptLowerPriority"'],
    ],
    [
      'is called as the system’s',
      priority('system-mine', { value: 1 }),
      [`${reserved} error: system-mine is not a known system priority class`],
    ],
    [
      'has a name of the system and not its value',
      priority('system-node-critical', { value: 1 }),
      [`${reserved} error: value of system-node-critical PriorityClass must be 2000001000`],
    ],
    [
      'makes the system’s the default',
      priority('system-node-critical', { value: 2_000_001_000, globalDefault: true }),
      [`${reserved} error: globalDefault of system-node-critical PriorityClass must be false`],
    ],
  ])('is refused when it %s', (_name, given, expected) => {
    expect(causes(PRIORITIES, given)).toEqual(expected);
  });

  it('stays what it is', () => {
    const before = created(PRIORITIES, priority('high', { value: 1 }));
    const sent = { ...before, value: 2, preemptionPolicy: 'Never' };
    expect(causesOf(admitUpdate(builtIn(PRIORITIES), undefined, before, sent, admission()))).toEqual([
      'value: Forbidden: may not be changed in an update.',
      'preemptionPolicy: Invalid value: "Never": field is immutable',
    ]);
  });

  it('is the default alone', () => {
    const ctx = having(PRIORITIES, priority('first', { value: 1, globalDefault: true }));
    const given = priority('second', { value: 2, globalDefault: true });
    expect(rejectionOf(admitCreate(builtIn(PRIORITIES), given, ctx)).message).toBe(
      'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass first is already marked as default. Only one default can exist',
    );
  });

  it('gives pods what it has', () => {
    const ctx = having(
      PRIORITIES,
      priority('high', { value: 1000, preemptionPolicy: 'Never' }),
      priority('usual', { value: 5, globalDefault: true }),
    );
    const high = { priorityClassName: 'high', priority: 1000, preemptionPolicy: 'Never' };
    expect(specOf({ priorityClassName: 'high' }, ctx)).toMatchObject(high);
    expect(specOf({}, ctx)).toMatchObject({ priorityClassName: 'usual', priority: 5 });
    expect(specOf({})).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
    expect(refusal({ priorityClassName: 'high', priority: 7 }, ctx)).toContain(
      'the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 1000',
    );
    expect(refusal({ priorityClassName: 'none' }, ctx)).toContain('no PriorityClass with name none was found');
  });
});

describe('a runtime class', () => {
  it.each<[string, object, string[]]>([
    ['has a handler of no name', { handler: 'A' }, ['handler: Invalid value: "A": a lowercase RFC 1123 label must']],
    [
      'takes what there is not',
      { overhead: { podFixed: { gold: '1' } } },
      ['overhead.limits[gold]: Invalid value: "gold": must be a standard resource type or fully qualified'],
    ],
    [
      'is on nodes of no label',
      { scheduling: { nodeSelector: { 'a b': 'c' } } },
      ['scheduling.nodeSelector: Invalid value: "a b": name part must consist of'],
    ],
    [
      'tolerates nothing in particular',
      { scheduling: { tolerations: [{ operator: 'Equal' }] } },
      ['scheduling.tolerations[0].operator: Invalid value: "Equal": operator must be Exists'],
    ],
  ])('is refused when it %s', (_name, fields, expected) => {
    const found = causes(RUNTIMES, runtime(fields));
    expect(expected.map((text, i) => found[i]?.slice(0, text.length))).toEqual(expected);
  });

  it('keeps its handler', () => {
    const before = created(RUNTIMES, runtime({}));
    const sent = { ...before, handler: 'other' };
    expect(causesOf(admitUpdate(builtIn(RUNTIMES), undefined, before, sent, admission()))).toEqual([
      'handler: Invalid value: "other": field is immutable',
    ]);
  });

  const toleration = { key: 'vm', operator: 'Exists' };
  const ctx = having(
    RUNTIMES,
    runtime({
      overhead: { podFixed: { memory: '100Mi' } },
      scheduling: { nodeSelector: { vm: 'yes' }, tolerations: [toleration] },
    }),
  );

  it('gives its pods what it takes, and where it is', () => {
    const spec = specOf({ runtimeClassName: 'vm', nodeSelector: { disk: 'ssd' } }, ctx);
    expect(spec.overhead).toEqual({ memory: '100Mi' });
    expect(spec.nodeSelector).toEqual({ disk: 'ssd', vm: 'yes' });
    expect(spec.tolerations).toContainEqual(toleration);
  });

  it('is there, and not contradicted', () => {
    expect(refusal({ runtimeClassName: 'none' }, ctx)).toContain('pod rejected: RuntimeClass "none" not found');
    expect(refusal({ runtimeClassName: 'vm', nodeSelector: { vm: 'no' } }, ctx)).toContain(
      'conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no',
    );
    expect(refusal({ runtimeClassName: 'vm', overhead: { memory: '1Mi' } }, ctx)).toContain(
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    );
    expect(refusal({ overhead: { memory: '1Mi' } }, ctx)).toContain(
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
  });
});
