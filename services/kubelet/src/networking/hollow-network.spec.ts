import { parseNetwork } from '@shiplog/apimachinery';
import type { Pod } from '../domain/pod';
import { pod } from '../testing/builders';
import { HollowNetwork } from './hollow-network';

const named = (uid: string, spec: object = {}): Pod => {
  const made = pod();
  return { ...made, metadata: { ...made.metadata, uid }, spec: { ...made.spec, containers: [], ...spec } };
};

describe('addresses of a hollow node', () => {
  const network = () => new HollowNetwork(parseNetwork('100.64.7.0/29')!, ['198.18.0.7']);

  it('are each pod’s own, and stay so', async () => {
    const given = network();
    expect(await given.attach(named('a'))).toEqual(['100.64.7.2']);
    expect(await given.attach(named('b'))).toEqual(['100.64.7.3']);
    expect(await given.attach(named('a'))).toEqual(['100.64.7.2']);
    expect(await given.attach(named('c', { hostNetwork: true }))).toEqual(['198.18.0.7']);
  });

  it('run out, and are given again once a pod has gone: those before it last', async () => {
    const given = network();
    for (const uid of ['a', 'b', 'c', 'd', 'e']) await given.attach(named(uid));
    await expect(given.attach(named('f'))).rejects.toThrow('no address is left for pods of this node');
    await given.detach('c');
    await given.detach('nobody');
    expect(await given.attach(named('f'))).toEqual(['100.64.7.4']);
  });
});
