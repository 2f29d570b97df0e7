import * as fc from 'fast-check';
import { foldObject } from '../fold';
import { hashCluster } from '../hash';
import { ClusterState } from '../state';
import { bind, cluster, create, createPod, patch, refTo, remove, type Asked, type TestCluster } from './testing/given';

const NAMES = ['a', 'b', 'c'];
const name = fc.constantFrom(...NAMES);
const text = fc.constantFrom('1', '2', '', '10', '__proto__');

/** Commands as functions of the cluster that they come to: uids and versions are its own. */
const command: fc.Arbitrary<(at: TestCluster) => Asked> = fc.oneof(
  fc.tuple(name, fc.dictionary(text, text)).map(
    ([n, data]) =>
      () =>
        create('configmaps', n, { data }),
  ),
  fc.tuple(name, fc.dictionary(text, fc.option(text))).map(
    ([n, data]) =>
      () =>
        patch('configmaps', n, { data }),
  ),
  fc.tuple(name, fc.subarray(['example.org/x'])).map(
    ([n, finalizers]) =>
      () =>
        createPod(n, { metadata: { finalizers } }),
  ),
  fc.tuple(name, fc.dictionary(fc.constantFrom('k', 'l'), text)).map(
    ([n, labels]) =>
      () =>
        patch('pods', n, { metadata: { labels } }),
  ),
  name.map((n) => () => patch('pods', n, { metadata: { finalizers: null } })),
  fc
    .tuple(
      fc.constantFrom('pods' as const, 'configmaps' as const),
      name,
      fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    )
    .map(
      ([resource, n, gracePeriodSeconds]) =>
        () =>
          remove(resource, n, { gracePeriodSeconds }),
    ),
  fc.tuple(name, fc.constantFrom('n1', 'n2', 'n3')).map(
    ([n, node]) =>
      (at: TestCluster) =>
        bind(at, n, node),
  ),
  fc
    .tuple(
      name,
      fc.constantFrom('Pending', 'Running', 'Succeeded'),
      fc.constantFrom('True', 'False'),
      fc.integer({ min: 0, max: 2 }),
    )
    .map(([n, phase, status, restartCount]) => (at: TestCluster): Asked => {
      const state =
        restartCount === 0
          ? { waiting: { reason: 'ContainerCreating' } }
          : { running: { startedAt: `2026-01-01T00:00:0${restartCount}Z` } };
      const containerStatuses = [
        { name: 'web', image: 'web:1', imageID: '', ready: status === 'True', restartCount, state },
      ];
      const pods = [{ ...refTo(at, n), status: { phase, conditions: [{ type: 'Ready', status }], containerStatuses } }];
      return { type: 'ReportPods', data: { node: 'n1', pods } };
    }),
  fc.constant((): Asked => ({ type: 'DeleteCollection', data: { resource: 'configmaps', namespace: 'default' } })),
);

describe('any sequence of commands', () => {
  it('leaves a log whose fold from zero is the live state, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const at = cluster('n1', 'n2');
        for (const make of commands) at.when(make(at));
        const folded = new ClusterState();
        for (const event of at.log) folded.apply(event);
        expect(hashCluster(folded)).toBe(hashCluster(at.state));
      }),
      { numRuns: 150 },
    );
  });

  it('changes no object without an event, and makes no event that changes nothing', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const at = cluster('n1', 'n2');
        for (const make of commands) {
          const before = at.state.copy();
          const { events } = at.when(make(at));
          for (const event of events) {
            const was = before.get(event.resource, event.namespace, event.name) as never;
            const { metadata, ...rest } = (foldObject(was, event) ?? { metadata: {} }) as Record<string, object>;
            const changed = JSON.stringify([{ ...metadata, resourceVersion: '' }, rest]);
            const { metadata: wasMeta, ...wasRest } = (was ?? { metadata: {} }) as Record<string, object>;
            expect(changed).not.toBe(JSON.stringify([{ ...wasMeta, resourceVersion: '' }, wasRest]));
            before.apply(event);
          }
          expect(hashCluster(before)).toBe(hashCluster(at.state));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never gives a pod a second node, nor lets a finished one run again', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const at = cluster('n1', 'n2');
        for (const make of commands) {
          const before = at.state.copy();
          at.when(make(at));
          for (const pod of at.state.list('pods')) {
            const was = before.get('pods', 'default', pod.metadata.name);
            if (was?.metadata.uid !== pod.metadata.uid) continue;
            if (was.spec?.nodeName !== undefined) expect(pod.spec?.nodeName).toBe(was.spec.nodeName);
            if (was.status?.phase === 'Succeeded') expect(pod.status?.phase).toBe('Succeeded');
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
