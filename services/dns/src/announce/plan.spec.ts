import type { ObjectOf } from '@shiplog/contracts';
import { dnsService, dnsSlice } from './objects';
import { planAnnouncement, type Wanted } from './plan';

type Slice = ObjectOf<'endpointslices.discovery.k8s.io'>;

const OWN = { slice: 'kube-dns-1', address: '172.30.0.1', port: 10_053 };
const OTHER = { slice: 'kube-dns-2', address: '172.30.0.1', port: 10_054 };
const WANTED: Wanted = { clusterIP: '10.96.0.10', own: OWN, isReady: true, silent: new Set() };
const stored = (slice: ReturnType<typeof dnsSlice>, resourceVersion = '5') =>
  ({ ...slice, metadata: { ...slice.metadata, uid: 'u', resourceVersion } }) as unknown as Slice;
const service = { ...dnsService('10.96.0.10'), metadata: { name: 'kube-dns' } } as unknown as ObjectOf<'services'>;
const slices = (...all: readonly Slice[]) => new Map(all.map((slice) => [slice.metadata.name, slice]));
const plan = (there: readonly Slice[], wanted: Partial<Wanted> = {}, given: typeof service | undefined = service) =>
  planAnnouncement({ service: given, slices: slices(...there) }, { ...WANTED, ...wanted });

describe('what the cluster is told of the instances of its DNS', () => {
  it('is the Service and the own slice, once', () => {
    expect(planAnnouncement({ service: undefined, slices: slices() }, WANTED)).toMatchObject([
      { write: { type: 'CreateObject', data: { resource: 'services' } } },
      {
        slice: 'kube-dns-1',
        write: { type: 'CreateObject', data: { object: { ports: [{ port: 10_053 }, { port: 10_053 }] } } },
      },
    ]);
    expect(plan([stored(dnsSlice(OWN, true)), stored(dnsSlice(OTHER, true))])).toEqual([]);
  });

  it('is put right where the instance answers elsewhere, or is said not to', () => {
    const moved = stored(dnsSlice({ ...OWN, port: 53 }, true));
    for (const there of [moved, stored(dnsSlice(OWN, false))]) {
      expect(plan([there])).toMatchObject([
        {
          slice: 'kube-dns-1',
          cause: 5,
          write: { type: 'ReplaceObject', data: { object: { metadata: { resourceVersion: '5' } } } },
        },
      ]);
    }
  });

  it('is that the other one doesn’t answer, once', () => {
    const silent = new Set(['kube-dns-2', 'kube-dns-3']);
    const own = stored(dnsSlice(OWN, true));
    expect(plan([own, stored(dnsSlice(OTHER, true))], { silent })).toMatchObject([
      { slice: 'kube-dns-2', write: { data: { object: { endpoints: [{ conditions: { ready: false } }] } } } },
    ]);
    expect(plan([own, stored(dnsSlice(OTHER, false))], { silent })).toEqual([]);
  });

  it('is that it leaves, and nothing of what is not there', () => {
    expect(plan([stored(dnsSlice(OWN, true))], { isReady: false })).toMatchObject([
      { write: { type: 'ReplaceObject' } },
    ]);
    expect(planAnnouncement({ service: undefined, slices: slices() }, { ...WANTED, isReady: false })).toEqual([]);
  });
});
