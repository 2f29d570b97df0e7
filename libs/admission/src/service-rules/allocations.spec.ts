import type { ObjectOf } from '@shiplog/contracts';
import fc from 'fast-check';
import { addressKey, Allocations, holderKey } from './allocations';

type Service = ObjectOf<'services'>;

/** Each of these has a neighbour of the other family. */
const pairOf = (clusterIP = 'None'): string[] =>
  clusterIP === 'None' ? [clusterIP] : [clusterIP, clusterIP.replace('10.0.0.', 'fd00::')];

const service = (name: string, clusterIP: string | undefined, nodePorts: readonly number[]): Service =>
  ({
    metadata: { name, namespace: 'default' },
    spec: {
      clusterIP,
      clusterIPs: pairOf(clusterIP),
      ports: nodePorts.map((nodePort) => ({ protocol: 'TCP', port: 80, nodePort })),
    },
  }) as unknown as Service;

describe('what services hold', () => {
  const names = ['a', 'b', 'c'];
  const step = fc.record({
    name: fc.constantFrom(...names),
    // Few, so that several hold the same, as in the log of an older journal.
    clusterIP: fc.constantFrom(undefined, 'None', '10.0.0.1', '10.0.0.2'),
    ports: fc.array(fc.constantFrom(30_001, 30_002), { maxLength: 3 }),
    isGone: fc.boolean(),
  });

  it('is the same when it was kept up to date and when it is made anew', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const present = new Map<string, Service>();
        const kept = new Allocations();
        for (const { name, clusterIP, ports, isGone } of steps) {
          const after = isGone ? undefined : service(name, clusterIP, ports);
          kept.replace(present.get(name), after);
          if (after === undefined) present.delete(name);
          else present.set(name, after);
        }
        for (const name of [...names, 'd']) {
          const key = `default/${name}`;
          const others = [...present.values()].filter((item) => holderKey(item) !== key);
          for (const last of [1, 2]) {
            const isHeld = others.some(({ spec }) => spec?.clusterIP === `10.0.0.${last}`);
            expect(kept.holdsAddress((10 << 24) + last, key)).toBe(isHeld);
            expect(kept.holdsAddress(addressKey(`fd00:0::${last}`) ?? 0, key)).toBe(isHeld);
          }
          for (const port of [30_001, 30_002]) {
            const isHeld = others.some(({ spec }) => spec?.ports?.some(({ nodePort }) => nodePort === port) === true);
            expect(kept.holdsNodePort(port, key)).toBe(isHeld);
          }
        }
      }),
    );
  });
});
