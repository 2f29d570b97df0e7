import { pod } from '../../testing/builders';
import type { Pressure } from '../../eviction/decide/pressure';
import { refusedUnderPressure } from './under-pressure';

describe('a node under pressure', () => {
  const burstable = { containers: [{ name: 'c', image: 'app:1', resources: { requests: { memory: '1Mi' } } }] };
  const tolerant = {
    tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }],
  };
  const critical = { priority: 2_000_001_000 };
  const refusal = (spec: object, ...pressures: Pressure[]) => refusedUnderPressure(pod(spec), new Set(pressures));

  it.each<[string, object, Pressure[], string | undefined]>([
    ['takes what asks for memory', burstable, ['memory'], undefined],
    ['takes what tolerates it', tolerant, ['memory'], undefined],
    ['takes what is critical', critical, ['memory', 'disk', 'pid'], undefined],
    ['refuses what asks for nothing', {}, ['memory'], '[MemoryPressure]'],
    ['short of the disk refuses all others', burstable, ['disk'], '[DiskPressure]'],
    ['short of more than memory refuses all others', burstable, ['memory', 'pid'], '[MemoryPressure PIDPressure]'],
    ['no more takes everything', {}, [], undefined],
  ])('%s', (_, spec, pressures, conditions) => {
    const message = `The node had condition: ${conditions}. `;
    expect(refusal(spec, ...pressures)).toEqual(conditions === undefined ? undefined : { reason: 'Evicted', message });
  });
});
