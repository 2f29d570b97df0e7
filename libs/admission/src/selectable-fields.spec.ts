import { matchesFields, parseFieldSelector } from './selectable-fields';
import { aPod, aService, created, rejectionOf, valueOf, versioned } from './testing/builders';

describe('field selectors', () => {
  const pod = created('pods', aPod({ nodeName: 'node-1' }));
  const matches = (selector: string) => matchesFields(valueOf(parseFieldSelector(versioned('pods'), selector)), pod);

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
    expect(matchesFields(valueOf(parseFieldSelector(versioned('services'), 'spec.type=ClusterIP')), service)).toBe(
      true,
    );
    const node = created('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } });
    expect(matchesFields(valueOf(parseFieldSelector(versioned('nodes'), 'spec.unschedulable=false')), node)).toBe(true);
    expect(valueOf(parseFieldSelector(versioned('secrets'), 'type=Opaque'))).toEqual([
      { equals: true, value: 'Opaque', read: expect.any(Function) as unknown },
    ]);
    expect(valueOf(parseFieldSelector(versioned('events'), 'involvedObject.name=a,reason!=b'))).toHaveLength(2);
  });

  it('understand escaped commas and equal signs in values', () => {
    expect(valueOf(parseFieldSelector(versioned('events'), 'reason=a\\,b\\=c'))).toEqual([
      { equals: true, value: 'a,b=c', read: expect.any(Function) as unknown },
    ]);
  });

  it('are refused for any other field, also for names that every JavaScript object has', () => {
    expect(rejectionOf(parseFieldSelector(versioned('pods'), 'spec.foo=1')).message).toBe(
      'field label not supported: spec.foo',
    );
    expect(rejectionOf(parseFieldSelector(versioned('configmaps'), 'data=1')).code).toBe(400);
    expect(rejectionOf(parseFieldSelector(versioned('pods'), 'constructor=1')).code).toBe(400);
    expect(rejectionOf(parseFieldSelector(versioned('pods'), 'metadata.name')).message).toMatch(/^invalid selector/);
  });
});
