import { builtIn } from '@shiplog/contracts';
import { mergeApplied, withoutFields } from './merge';
import { fieldsOfVersion } from './scope';

const map = fieldsOfVersion({ row: builtIn('pods'), version: builtIn('pods').versions[0] });
type Fields = Record<string, unknown>;
const names = (...list: string[]): Fields[] => list.map((name) => ({ name }));
const merged = (live: Fields, applied: Fields): unknown => mergeApplied(map, { spec: live }, { spec: applied })['spec'];

describe('an object that is applied to another', () => {
  it.each<[string, string[], string[], string[]]>([
    ['new ones last', ['a', 'b'], ['c'], ['a', 'b', 'c']],
    ['as it is applied', ['a', 'b'], ['b', 'a'], ['b', 'a']],
    [
      'with what others have before what followed it',
      ['x', 'a', 'y', 'b', 'z'],
      ['b', 'n', 'a'],
      ['x', 'y', 'b', 'z', 'n', 'a'],
    ],
    ['with what is new where it is applied', ['a', 'b'], ['a', 'n', 'b'], ['a', 'n', 'b']],
  ])('orders items: %s', (_, live, applied, order) => {
    expect(merged({ containers: names(...live) }, { containers: names(...applied) })).toEqual({
      containers: names(...order),
    });
  });

  it('merges items that are the same by their keys and the defaults of these', () => {
    const live = [{ name: 'c', image: 'i', ports: [{ containerPort: 80, protocol: 'TCP', name: 'web' }] }];
    const applied = [
      {
        name: 'c',
        ports: [
          { containerPort: 80, hostPort: 1 },
          { containerPort: 80, protocol: 'UDP' },
        ],
      },
    ];
    expect(merged({ containers: live }, { containers: applied })).toEqual({
      containers: [
        {
          name: 'c',
          image: 'i',
          ports: [
            { containerPort: 80, protocol: 'TCP', name: 'web', hostPort: 1 },
            { containerPort: 80, protocol: 'UDP' },
          ],
        },
      ],
    });
  });

  it('replaces what is atomic, and asks for nothing by null', () => {
    const live = { nodeSelector: { a: '1' }, tolerations: [{ key: 'x' }], containers: names('c') };
    const applied = { nodeSelector: { b: '2' }, tolerations: [{ key: 'y' }], containers: null };
    expect(merged(live, applied)).toEqual({ ...applied, containers: names('c') });
  });

  it('loses items and fields that are taken away, and what is empty then', () => {
    const spec = { containers: [{ name: 'c', image: 'i' }, { name: 'd' }], securityContext: { runAsUser: 1 } };
    const gone = {
      'f:spec': {
        'f:containers': { 'k:{"name":"c"}': { 'f:image': {} }, 'k:{"name":"d"}': { '.': {}, 'f:name': {} } },
        'f:securityContext': { 'f:runAsUser': {} },
      },
    };
    expect(withoutFields(map, { spec }, gone)).toEqual({ spec: { containers: [{ name: 'c' }] } });
  });
});
