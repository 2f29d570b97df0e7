import { aPod, aService, created, refusalOf, valueOf } from '../testing/builders';
import { matchesFields, parseFieldSelector } from './fields';
import { matchesLabelSelector, matchesLabels, matchesSelectorMap, parseLabelSelector } from './labels';

const chooses = (selector: string, labels: Record<string, string>) =>
  matchesLabels(valueOf(parseLabelSelector(selector)), labels);

describe('label selectors', () => {
  it.each([
    ['', {}],
    ['a=1', { a: '1' }],
    ['a==1', { a: '1' }],
    ['a = 1 , b != 2', { a: '1' }],
    ['a in (1,2)', { a: '2' }],
    ['a in (1, 2),b notin (3)', { a: '1', b: '4' }],
    ['a notin (1)', {}],
    ['a', { a: '' }],
    ['!a', { b: '1' }],
    ['a=', { a: '' }],
    ['app.kubernetes.io/name=web', { 'app.kubernetes.io/name': 'web' }],
    ['a>3', { a: '4' }],
    ['a<3', { a: '2' }],
  ])('%j chooses %j', (selector, labels) => {
    expect(chooses(selector, labels)).toBe(true);
  });

  it.each([
    ['a=1', {}],
    ['a!=1', { a: '1' }],
    ['a in (1,2)', { a: '3' }],
    ['a in (1)', {}],
    ['a notin (1)', { a: '1' }],
    ['a', {}],
    ['!a', { a: '1' }],
    ['a=1,b=2', { a: '1' }],
    ['a>3', { a: '3' }],
    ['a<3', { a: 'x' }],
    ['toString', {}],
  ])('%j does not choose %j', (selector, labels) => {
    expect(chooses(selector, labels)).toBe(false);
  });

  it.each(['a in 1', 'a=b=c', '(a)', 'a,,b', '=b', 'a in (b', '-a=1', 'a=b c'])(
    '%j is refused with a 400',
    (selector) => {
      const { code, message } = refusalOf(parseLabelSelector(selector));
      expect(code).toBe(400);
      expect(message).toMatch(/^unable to parse requirement/);
    },
  );

  it('as objects: an absent one chooses nothing, an empty one everything', () => {
    expect(matchesLabelSelector(undefined, { a: '1' })).toBe(false);
    expect(matchesLabelSelector({}, undefined)).toBe(true);
    const both = { matchLabels: { a: '1' }, matchExpressions: [{ key: 'b', operator: 'NotIn', values: ['2'] }] };
    expect(matchesLabelSelector(both, { a: '1', b: '3' })).toBe(true);
    expect(matchesLabelSelector(both, { a: '1', b: '2' })).toBe(false);
    expect(matchesLabelSelector({ matchExpressions: [{ key: 'b', operator: 'DoesNotExist' }] }, { b: '' })).toBe(false);
  });

  it('as plain maps: an empty one chooses nothing', () => {
    expect(matchesSelectorMap({}, { a: '1' })).toBe(false);
    expect(matchesSelectorMap({ a: '1' }, { a: '1', b: '2' })).toBe(true);
    expect(matchesSelectorMap({ a: '1' }, undefined)).toBe(false);
  });
});

describe('field selectors', () => {
  const pod = created('pods', aPod({ nodeName: 'node-1' }));
  const matches = (selector: string) => matchesFields('pods', valueOf(parseFieldSelector('pods', selector)), pod);

  it('choose by the fields that Kubernetes lets choose by', () => {
    expect(matches('')).toBe(true);
    expect(matches('metadata.name=web,metadata.namespace=default')).toBe(true);
    expect(matches('spec.nodeName=node-1,status.phase==Pending')).toBe(true);
    expect(matches('status.phase!=Running')).toBe(true);
    expect(matches('spec.nodeName=')).toBe(false);
    expect(matches('spec.hostNetwork=false')).toBe(true);
    expect(matches('status.podIP=')).toBe(true);
  });

  it('know each kind’s own fields', () => {
    const service = created('services', aService());
    expect(matchesFields('services', valueOf(parseFieldSelector('services', 'spec.type=ClusterIP')), service)).toBe(
      true,
    );
    const node = created('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } });
    expect(matchesFields('nodes', valueOf(parseFieldSelector('nodes', 'spec.unschedulable=false')), node)).toBe(true);
    expect(valueOf(parseFieldSelector('secrets', 'type=Opaque'))).toEqual([
      { field: 'type', equals: true, value: 'Opaque' },
    ]);
    expect(valueOf(parseFieldSelector('events', 'involvedObject.name=a,reason!=b'))).toHaveLength(2);
  });

  it('understand escaped commas and equal signs in values', () => {
    expect(valueOf(parseFieldSelector('events', 'reason=a\\,b\\=c'))).toEqual([
      { field: 'reason', equals: true, value: 'a,b=c' },
    ]);
  });

  it('are refused for any other field, also for names that every JavaScript object has', () => {
    expect(refusalOf(parseFieldSelector('pods', 'spec.foo=1')).message).toBe('field label not supported: spec.foo');
    expect(refusalOf(parseFieldSelector('configmaps', 'data=1')).code).toBe(400);
    expect(refusalOf(parseFieldSelector('pods', 'constructor=1')).code).toBe(400);
    expect(refusalOf(parseFieldSelector('pods', 'metadata.name')).message).toMatch(/^invalid selector/);
  });
});
