import { pod } from '../../testing/builders';
import type { Pod } from '../../domain/pod';
import { decidePreemption, renderMissing, type Missing } from './preemption';

const CRITICAL = 2_000_000_000;

interface Given {
  readonly cpu?: string;
  readonly memory?: string;
  readonly priority?: number;
  readonly isGuaranteed?: boolean;
}

function podOf(name: string, { isGuaranteed = false, priority = 0, ...requests }: Given): Pod {
  const asked = Object.fromEntries(Object.entries(requests)) as Record<string, string>;
  const limits = isGuaranteed ? { limits: asked } : {};
  const containers = [{ name: 'c', image: 'app:1', resources: { requests: asked, ...limits } }];
  return pod({ containers, priority }, {}, { name, uid: name });
}
const podsOf = (all: Record<string, Given>): Pod[] => Object.entries(all).map(([name, given]) => podOf(name, given));
const system = podOf('system', { priority: CRITICAL });

function victims(missing: Record<string, number>, active: Record<string, Given>, ending: Record<string, Given> = {}) {
  const decided = decidePreemption(system, new Map(Object.entries(missing)) as Missing, {
    active: podsOf(active),
    ending: podsOf(ending),
  });
  return decided.kind === 'wait' ? decided.victims.map(({ metadata }) => metadata.name) : renderMissing(decided.still);
}

describe('the pods that make room for a critical one', () => {
  it.each<[string, Record<string, number>, Record<string, Given>, string[]]>([
    [
      'the one that is nearest to enough',
      { cpu: 500 },
      { much: { cpu: '2' }, fits: { cpu: '500m' }, few: { cpu: '100m' } },
      ['fits'],
    ],
    [
      'burstable ones before a guaranteed one',
      { cpu: 500 },
      { sure: { cpu: '500m', memory: '1Mi', isGuaranteed: true }, a: { cpu: '250m' }, b: { cpu: '250m' } },
      ['a', 'b'],
    ],
    [
      'a guaranteed one where all others are not enough',
      { cpu: 500 },
      { sure: { cpu: '450m', memory: '1Mi', isGuaranteed: true }, a: { cpu: '100m' } },
      ['a', 'sure'],
    ],
    [
      'what asks for nothing where a pod less is all that is missing',
      { pods: 1 },
      { a: { cpu: '1' }, idle: {} },
      ['idle'],
    ],
    ['of all that is missing', { cpu: 500, memory: 2 ** 20 }, { c: { cpu: '1' }, m: { memory: '1Mi' } }, ['c', 'm']],
  ])('are %s', (_, missing, active, names) => {
    expect(victims(missing, active)).toEqual(names);
  });

  it('are none where those that end already give enough', () => {
    expect(victims({ cpu: 500 }, { a: { cpu: '1' } }, { b: { cpu: '500m' } })).toEqual([]);
  });

  it('are no critical ones of the same priority, whatever is missing', () => {
    expect(victims({ cpu: 500, memory: 1 }, { a: { cpu: '1', priority: CRITICAL }, b: { cpu: '200m' } })).toBe(
      '[(res: cpu, q: 300), (res: memory, q: 1), ]',
    );
  });

  it('may be critical ones of a lower priority', () => {
    const node = podOf('node', { priority: CRITICAL + 1_000 });
    const active = podsOf({ a: { cpu: '1', priority: CRITICAL } });
    expect(decidePreemption(node, new Map([['cpu', 1]]), { active, ending: [] })).toMatchObject({
      kind: 'wait',
      victims: active,
    });
  });
});
