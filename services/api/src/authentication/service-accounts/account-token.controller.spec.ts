import { decodeJwt } from 'jose';
import { AccountWorld } from '../testing/account-world';
import { AccountTokenController } from './account-token.controller';

describe('what a node is given for its pods', () => {
  let world: AccountWorld;
  beforeEach(() => {
    world = new AccountWorld();
    world.put('serviceaccounts', 'shop', 'till', 'sa-1');
    const sources = [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { serviceAccountToken: { path: 'vault', expirationSeconds: 600, audience: 'vault' } },
    ];
    world.put('pods', 'shop', 'till-0', 'pod-1', {
      spec: { serviceAccountName: 'till', nodeName: 'minion-1', volumes: [{ name: 'v', projected: { sources } }] },
    });
  });
  afterEach(() => world.remove());

  const ask = async (more: object = {}, node = 'minion-1', kind: 'node' | 'user' = 'node') => {
    const controller = new AccountTokenController(world.cluster, world.requests);
    const question = { namespace: 'shop', name: 'till-0', uid: 'pod-1', expirationSeconds: 3607, position: 1 };
    return (await controller.token({ ...question, ...more }, { principal: { kind, name: node } })).token;
  };

  it("is a token of the pod's account, bound to the pod, for whom the pod says", async () => {
    expect(decodeJwt(await ask())).toMatchObject({
      sub: 'system:serviceaccount:shop:till',
      'kubernetes.io': {
        pod: { name: 'till-0', uid: 'pod-1' },
        node: { name: 'minion-1' },
        warnafter: expect.any(Number) as number,
      },
    });
    expect(decodeJwt(await ask({ audience: 'vault', expirationSeconds: 600 })).aud).toEqual(['vault']);
  });

  it.each<[string, object, string, 'node' | 'user']>([
    ['of another node', {}, 'minion-2', 'node'],
    ['for no node', {}, 'minion-1', 'user'],
    ['of another uid', { uid: 'pod-2' }, 'minion-1', 'node'],
    ['that is not there', { name: 'till-1' }, 'minion-1', 'node'],
    ['in another namespace', { namespace: 'other' }, 'minion-1', 'node'],
    ['that does not ask for this audience', { audience: 'bank' }, 'minion-1', 'node'],
    ['that does not ask for so long', { expirationSeconds: 2 ** 32 }, 'minion-1', 'node'],
    ['that asks so for another audience', { audience: 'vault' }, 'minion-1', 'node'],
  ])('is nothing for a pod %s', async (_, more, node, kind) => {
    await expect(ask(more, node, kind)).rejects.toMatchObject({ status: { code: 403 } });
  });

  it('has to be asked for again when the api is behind', async () => {
    await expect(ask({ position: 99 })).rejects.toMatchObject({ status: { code: 503 } });
  });
});
