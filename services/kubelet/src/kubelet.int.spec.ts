import { containerOf, isReady, TestNode } from './testing/test-node';

describe('a kubelet on a real engine', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.start();
  });
  afterAll(() => node.stop());

  it('takes a bound pod to Ready and reports it whole', async () => {
    const began = Date.now();
    await node.pod('plain', { script: 'echo hello; exec sleep 1000' });
    const pod = await node.untilReady('plain');
    console.log('ready after', Date.now() - began);
    expect(pod.status).toMatchObject({
      phase: 'Running',
      hostIP: '127.0.0.1',
      podIP: expect.stringMatching(/^10\.9\.0\./),
    });
    expect(containerOf(pod)).toMatchObject({
      ready: true,
      started: true,
      restartCount: 0,
      containerID: expect.stringMatching(/^docker:/),
    });
    expect(await node.logs(pod)).toBe('hello\n');
    console.log(JSON.stringify(pod, null, 1));
  });

  it('deletes a pod without leaving anything behind', async () => {
    await node.delete('plain');
    await node.untilGone('plain');
    expect(await node.engine.runtime().list()).toEqual([]);
    expect(node.attached.size).toBe(0);
  });
  void isReady;
});
