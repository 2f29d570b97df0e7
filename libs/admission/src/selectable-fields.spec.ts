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
    const rejection = (resource: Parameters<typeof versioned>[0], selector: string) =>
      rejectionOf(parseFieldSelector(versioned(resource), selector));
    expect(rejection('pods', 'constructor=1').message).toBe('field label not supported: constructor');
    expect(rejection('pods', 'metadata.name').message).toBe(
      "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
    );
  });

  it.each([
    ['pods', 'spec.foo=1', 'field label not supported: spec.foo'],
    ['nodes', 'metadata.namespace=a', 'field label not supported: metadata.namespace'],
    ['jobs.batch', 'spec.foo=1', 'field label "spec.foo" not supported for Job'],
    ['configmaps', 'data=1', '"data" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    ['configmaps', 'metadata.name=a,b', "invalid selector: 'metadata.name=a,b'; can't understand 'b'"],
    ['configmaps', 'metadata.name=a=b', 'invalid field selector: unescaped character in value: ='],
    ['configmaps', 'metadata.name=a\\b', 'invalid field selector: invalid escape sequence: \\b'],
  ] as const)('of %s, %s is refused: %s', (resource, selector, message) => {
    expect(rejectionOf(parseFieldSelector(versioned(resource), selector))).toMatchObject({ code: 400, message });
  });
});
