import type { ResourceId, StoredObject } from '@shiplog/contracts';
import fc from 'fast-check';
import { matchesSelectorMap } from '@shiplog/apimachinery';
import { ClusterState } from './state';

const SLICES = 'endpointslices.discovery.k8s.io';
const SERVICE_NAME = 'kubernetes.io/service-name';

type Labels = Record<string, string>;

const object = (name: string, namespace: string, labels: Labels | undefined, spec = {}): StoredObject =>
  ({
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, namespace, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels },
    spec,
  }) as unknown as StoredObject;
const names = (objects: readonly { metadata: { name: string } }[]) => objects.map(({ metadata }) => metadata.name);

const NAMES = ['a', 'b', 'c', 'constructor'];
const namespace = fc.constantFrom('default', 'shop');
const labels = fc.dictionary(fc.constantFrom('app', 'tier', '__proto__'), fc.constantFrom('x', 'y'), { maxKeys: 2 });
const change = fc.record({
  resource: fc.constantFrom<ResourceId>('pods', 'services', SLICES),
  name: fc.constantFrom(...NAMES),
  namespace,
  labels: fc.option(labels, { nil: undefined }),
  service: fc.constantFrom(...NAMES),
  isGone: fc.boolean(),
});

const stored = (given: typeof change extends fc.Arbitrary<infer C> ? C : never): StoredObject => {
  const { resource, name, namespace: place } = given;
  if (resource === 'services') return object(name, place, undefined, { selector: given.labels });
  return object(name, place, resource === SLICES ? { [SERVICE_NAME]: given.service } : given.labels);
};

it('the Services of a pod, the pods of a Service and its slices are found, whatever has happened to them', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.nat(30), (changes, asked) => {
      const state = new ClusterState();
      changes.forEach((each, i) => {
        if (each.isGone) state.remove(each.resource, each.namespace, each.name);
        else state.put(each.resource, stored(each));
        // What is kept from here on was made of what there was.
        if (i === asked) state.podsChosenBy('default', 'a');
      });
      for (const place of ['default', 'shop']) {
        const [services, pods] = [state.list('services', place), state.list('pods', place)];
        for (const name of NAMES) {
          const selector = state.get('services', place, name)?.spec?.selector;
          const chosen = pods.filter(({ metadata }) => matchesSelectorMap(selector, metadata.labels));
          expect(names(state.podsChosenBy(place, name))).toEqual(names(chosen));
          const slices = state.list(SLICES, place).filter(({ metadata }) => metadata.labels?.[SERVICE_NAME] === name);
          expect(names(state.slicesOf(place, name))).toEqual(names(slices));
        }
        for (const { metadata } of pods) {
          const choosing = services.filter(({ spec }) => matchesSelectorMap(spec?.selector, metadata.labels));
          expect(names(state.servicesChoosing(place, metadata.labels))).toEqual(names(choosing));
        }
      }
      expect(state.copy().podsChosenBy('default', 'a')).toEqual(state.podsChosenBy('default', 'a'));
    }),
  );
});
