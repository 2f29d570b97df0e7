import { parseThresholds, type Quotas } from '../../eviction/domain/thresholds';
import { nodeResources } from './node-resources';
import { parseCapacity, parseReservation, type Reservation } from './reservation';

const MACHINE = { cpus: 4, memoryBytes: 8 * 2 ** 30, storageBytes: 100 * 2 ** 30, pids: 32_768 };
const NONE: Quotas = new Map();
const given = (nodesOnMachine: number, hard = NONE, ...reserved: string[]) =>
  nodeResources(MACHINE, {
    maxPods: 110,
    nodesOnMachine,
    reserved: reserved.map((text) => parseReservation(text) as Reservation),
    evictionHard: hard,
  });
const DEFAULTS = parseThresholds('memory.available<100Mi,nodefs.available<10%') as Quotas;

describe('what of a node is for pods', () => {
  it('is all of it, where nothing is reserved', () => {
    const { capacity, allocatable, enforced } = given(1);
    expect(allocatable).toEqual(capacity);
    expect(capacity).toEqual({ cpu: '4', memory: '8388608Ki', 'ephemeral-storage': '104857600Ki', pods: '110' });
    expect(enforced).toEqual({ cpuMilli: 4_000, memoryBytes: 8 * 2 ** 30, pids: 32_768 });
  });

  it('is less by what is reserved and by what eviction keeps free, which pods may take all the same', () => {
    const { allocatable, enforced } = given(1, DEFAULTS, 'cpu=200m,memory=1Gi', 'cpu=300m,pid=768');
    expect(allocatable).toMatchObject({ cpu: '3500m', memory: `${7 * 2 ** 20 - 100 * 1_024}Ki` });
    expect(allocatable['ephemeral-storage']).toBe(`${90 * 2 ** 20}Ki`);
    expect(enforced).toEqual({ cpuMilli: 3_500, memoryBytes: 7 * 2 ** 30, pids: 32_000 });
  });

  it.each([1, 2, 3, 7])('is never more than the machine has, when there are %p nodes on it', (nodes) => {
    const { capacity, enforced } = given(nodes);
    expect(enforced.cpuMilli * nodes).toBeLessThanOrEqual(4_000);
    expect(enforced.memoryBytes * nodes).toBeLessThanOrEqual(MACHINE.memoryBytes);
    expect(capacity).toEqual(given(1).capacity);
  });

  it('is something, or the kubelet says what is wrong', () => {
    expect(() => given(2, NONE, 'memory=4Gi')).toThrow(
      'of memory more is reserved than the 4294967296 that this node has',
    );
  });

  it.each(['gpu=1', 'cpu=many', 'cpu=-1', 'cpu=1,cpu=2', 'cpu'])('is not made less by %p', (text) => {
    expect(parseReservation(text)).toBeInstanceOf(Error);
  });
});

describe('what a machine has that is nowhere but in the settings', () => {
  const usual = 'cpu=8,memory=32Gi';

  it('is as usual, but for what is named', () => {
    expect(parseCapacity('cpu=2', usual)).toEqual(parseReservation('cpu=2,memory=32Gi'));
    expect(parseCapacity('', usual)).toEqual(parseReservation(usual));
  });

  it('is refused where it cannot be read', () => {
    expect(parseCapacity('cpus=2', usual)).toBeInstanceOf(Error);
  });
});
