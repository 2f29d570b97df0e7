import { nodeWith, podWith } from '../testing/builders';
import { nodeName } from './node-name';

describe('NodeName', () => {
  it('has nothing to say of a pod that names no node', () => {
    expect(nodeName.check(podWith())).toBeUndefined();
  });
  it('refuses every node but the named one', () => {
    const check = nodeName.check(podWith({ nodeName: 'a' }));
    expect(check?.(nodeWith({}, [], 'a'))).toBeUndefined();
    expect(check?.(nodeWith({}, [], 'b'))).toEqual(["node(s) didn't match the requested node name"]);
  });
});
