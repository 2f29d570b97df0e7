import type { ServicePort } from '@shiplog/contracts';
import { carryOverService } from './carry-over';

const port = (name: string, number: number, nodePort?: number): ServicePort => ({
  name,
  port: number,
  protocol: 'TCP',
  ...(nodePort === undefined ? {} : { nodePort }),
});
const after = (before: ServicePort[], ports: ServicePort[]) => {
  const spec = { type: 'NodePort', ports };
  carryOverService(spec, { type: 'NodePort', ports: before });
  return spec.ports.map(({ nodePort }) => nodePort);
};

describe('the node ports of a service that is replaced by its manifest', () => {
  const before = [port('blue', 80, 30_001), port('green', 81, 30_002)];
  it.each([
    ['keep to their names when the numbers change places', [port('blue', 81), port('green', 80)], [30_001, 30_002]],
    ['stay when a number changes', [port('blue', 8080), port('green', 81)], [30_001, 30_002]],
    ['are not given to a name that is new', [port('red', 80), port('green', 81)], [undefined, 30_002]],
    ['go to who asks for them, and to nobody else', [port('blue', 80), port('red', 82, 30_001)], [undefined, 30_001]],
    ['may be chosen anew', [port('blue', 80, 30_009), port('green', 81)], [30_009, 30_002]],
  ])('%s', (_, ports, expected) => {
    expect(after(before, ports)).toEqual(expected);
  });

  it('stay with the one port that has no name', () => {
    const nameless = (number: number, nodePort?: number): ServicePort => ({ port: number, nodePort });
    expect(after([nameless(80, 30_001)], [nameless(8080)])).toEqual([30_001]);
  });
});
