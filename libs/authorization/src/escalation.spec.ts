import type { PolicyRule } from '@shiplog/contracts';
import { escalationProblem, notHeld } from '.';

const rule = (verbs: string[], resources: string[], more: Partial<PolicyRule> = {}): PolicyRule => ({
  verbs,
  apiGroups: [''],
  resources,
  ...more,
});
const paths = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs });

describe('rules that somebody gives away', () => {
  it.each<[string, PolicyRule[], PolicyRule[], PolicyRule[]]>([
    ['nothing of nothing', [], [], []],
    ['the same', [rule(['get'], ['pods'])], [rule(['get'], ['pods'])], []],
    ['a part', [rule(['get', 'list'], ['pods', 'secrets'])], [rule(['list'], ['pods'])], []],
    ['of everything', [rule(['*'], ['*'], { apiGroups: ['*'] })], [rule(['get'], ['pods'])], []],
    ['put together of two', [rule(['get'], ['pods']), rule(['list'], ['pods'])], [rule(['get', 'list'], ['pods'])], []],
    ['another verb', [rule(['get'], ['pods'])], [rule(['get', 'list'], ['pods'])], [rule(['list'], ['pods'])]],
    ['every verb', [rule(['get'], ['pods'])], [rule(['*'], ['pods'])], [rule(['*'], ['pods'])]],
    [
      'another group',
      [rule(['get'], ['pods'])],
      [rule(['get'], ['pods'], { apiGroups: ['x'] })],
      [rule(['get'], ['pods'], { apiGroups: ['x'] })],
    ],
    ['a subresource', [rule(['get'], ['pods'])], [rule(['get'], ['pods/log'])], [rule(['get'], ['pods/log'])]],
    ['a subresource of any', [rule(['get'], ['*/log'])], [rule(['get'], ['pods/log'])], []],
    ['a name', [rule(['get'], ['pods'])], [rule(['get'], ['pods'], { resourceNames: ['x'] })], []],
    [
      'all of a name',
      [rule(['get'], ['pods'], { resourceNames: ['x'] })],
      [rule(['get'], ['pods'])],
      [rule(['get'], ['pods'])],
    ],
    [
      'another name',
      [rule(['get'], ['pods'], { resourceNames: ['x'] })],
      [rule(['get'], ['pods'], { resourceNames: ['x', 'y'] })],
      [rule(['get'], ['pods'], { resourceNames: ['y'] })],
    ],
    ['a path', [paths('/a/*')], [paths('/a/b')], []],
    ['more paths', [paths('/a/b')], [paths('/a/*', '/a/b')], [paths('/a/*')]],
  ])('%s', (_, own, given, missing) => {
    expect(notHeld(own, given)).toEqual(missing);
  });

  it('are small however many single rights they come to', () => {
    const many = (prefix: string): string[] => Array.from({ length: 20_000 }, (__, i) => `${prefix}${i}`);
    const bomb = rule(many('v'), many('r'), { apiGroups: many('g'), resourceNames: many('n') });
    const begun = performance.now();
    expect(notHeld([rule(['get'], ['pods'])], [bomb, bomb])).toHaveLength(2);
    expect(notHeld([rule(['*'], ['*'], { apiGroups: ['*'] })], [bomb])).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it("are told in Go's words", () => {
    const user = { username: 'ann', groups: ['devs', 'system:authenticated'] };
    const missing = [rule(['get', 'list'], ['pods'], { resourceNames: ['x'] }), paths('/a')];
    expect(escalationProblem(user, { problems: [] }, missing)).toBe(
      'user "ann" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], ResourceNames:["x"], Verbs:["get" "list"]}\n' +
        '{NonResourceURLs:["/a"], Verbs:["get"]}',
    );
    expect(escalationProblem(user, { problems: ['no role'] }, [])).toMatch(/; resolution errors: \[no role\]$/);
  });
});
