import { mergePatch, sameJson } from '@shiplog/apimachinery';
import { withChanges } from '@shiplog/cluster';
import fc from 'fast-check';
import { changesOfMergePatch, factOfType, fromFirstFormat } from './first-format';

/** Any JSON that a log of the first format could hold as a patch, also with keys that mean something to JavaScript. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.integer(),
    fc.constantFrom('', 'x'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor', 'in', 'set'), tie('value'), {
    maxKeys: 4,
  }),
})).object as fc.Arbitrary<Record<string, unknown>>;

describe('changes that were a merge patch', () => {
  it('lead to what the patch led to, byte for byte', () => {
    fc.assert(
      fc.property(json, json, (object, patch) => {
        const changed = withChanges(object, changesOfMergePatch(patch));
        expect(JSON.stringify(changed)).toBe(JSON.stringify(mergePatch(object, patch)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('say so over JSON', () => {
    fc.assert(
      fc.property(json, (patch) => {
        const changes = changesOfMergePatch(patch);
        expect(sameJson(JSON.parse(JSON.stringify(changes)), changes)).toBe(true);
      }),
    );
  });
});

describe('a type of the first format', () => {
  it.each([
    ['PodScheduled', 'Scheduled'],
    ['PodUnready', 'Unready'],
    ['PodStatusChanged', 'StatusChanged'],
    ['ContainerExited', 'ContainerExited'],
    ['NodeLost', 'Lost'],
    ['NodeBecameNotReady', 'BecameNotReady'],
    ['ReplicasChanged', 'ReplicasChanged'],
    ['ReplicationControllerDeletionRequested', 'DeletionRequested'],
    ['EndpointSliceCreated', 'Created'],
    ['LeaseDeleted', 'Deleted'],
  ])('%s is the fact %s', (type, fact) => expect(factOfType(type)).toBe(fact));

  it('goes with its changes; what else the event holds stays', () => {
    const data = { changes: { status: { phase: 'Failed', reason: null } }, facts: { from: 'Running' } };
    const event = { position: 3, version: 1, resource: 'pods' as const, type: 'PodFailed', data };
    expect(fromFirstFormat(event)).toEqual({
      ...event,
      type: 'Failed',
      data: {
        changes: { status: { in: { phase: { set: 'Failed' }, reason: { unset: true } } } },
        facts: { from: 'Running' },
      },
    });
  });
});
