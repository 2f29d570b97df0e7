import { aPod, expected } from '../testing/objects';
import { applyPatch } from '.';
import { unreadablePatch } from './unreadable';
import type { ClientPatchType } from '@shiplog/contracts';

describe('a patch that makes of an object what can’t be read', () => {
  const refusal = (type: ClientPatchType, patch: unknown) => {
    const patched = applyPatch(expected('pods'), type, aPod(), patch);
    return patched.ok ? unreadablePatch(expected('pods'), { type, patch, result: patched.value }) : undefined;
  };

  it.each([
    [{ spec: { hostNetwork: 'yes' } }, 'map[spec:map[hostNetwork:yes]]', 'unrecognized type: bool'],
    [{ spec: { nodeName: true } }, 'map[spec:map[nodeName:true]]', 'unrecognized type: string'],
    [
      { metadata: { labels: { b: 'x', a: 1 } } },
      'map[metadata:map[labels:map[a:1 b:x]]]',
      'cannot convert int64 to string',
    ],
    [{ spec: { priority: 1.5 } }, 'map[spec:map[priority:1.5]]', 'cannot convert float64 to int32'],
    [{ spec: { priority: '1' } }, 'map[spec:map[priority:1]]', 'unrecognized type: int32'],
    [
      { spec: { securityContext: ['x', 2] } },
      'map[spec:map[securityContext:[x 2]]]',
      'cannot restore struct from: slice',
    ],
    [{ spec: { nodeSelector: 'x' } }, 'map[spec:map[nodeSelector:x]]', 'cannot restore map from string'],
  ])('of %j is told as it was sent, when it is a strategic one', (patch, shown, problem) => {
    expect(refusal('strategic', patch)).toMatchObject({
      code: 422,
      message: ` "" is invalid: patch: Invalid value: "${shown}": ${problem}`,
    });
  });

  it('is told with what came of it, when it is another one', () => {
    const problem = 'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool';
    expect(refusal('merge', { spec: { hostNetwork: 'yes' } })?.message).toMatch(
      /^ "" is invalid: patch: Invalid value: "\{.*\\"hostNetwork\\":\\"yes\\".*\}": json: cannot unmarshal string/,
    );
    const added = [{ op: 'add', path: '/spec/hostNetwork', value: 'yes' }];
    expect(refusal('json', added)?.details?.causes?.[0]?.message).toContain(problem);
  });

  it('is no matter of patches when it is fine', () => {
    expect(refusal('merge', { spec: { hostNetwork: true } })).toBeUndefined();
  });
});
