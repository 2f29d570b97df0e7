import { Namespace } from '@shiplog/testing';
import { TestEngine } from './testing/test-engine';
import { containerOf, shell, TestNode } from './testing/test-node';

describe('a kubelet whose pods use the engine’s own network', () => {
  let namespace: Namespace;
  let node: TestNode;
  beforeAll(async () => {
    namespace = await Namespace.make(`kubelet-${process.pid}`);
    node = await TestNode.start({
      engine: await TestEngine.start({ namespace: namespace.name }),
      env: { POD_NETWORK: 'docker' },
    });
  });
  afterAll(async () => {
    await node.stop();
    await namespace.remove();
  });

  it('gives each pod an address of it, and its containers one network', async () => {
    await node.pod('served', {
      containers: [
        { name: 'web', command: shell('echo hello > /index.html; exec httpd -f -p 8080 -h /') },
        { name: 'client', command: shell('sleep 0.5; wget -q -O - http://127.0.0.1:8080/index.html; sleep 1000') },
      ],
    });
    const pod = await node.untilReady('served');
    expect(pod.status?.podIP).toMatch(/^172\./);
    const other = pod.status?.containerStatuses?.[1];
    expect(other?.name).toBe('client');
    const { output } = await node.engine
      .runtime()
      .exec(
        (containerOf(pod).containerID ?? '').replace('docker://', ''),
        shell('hostname; grep -c served /etc/hosts'),
        2_000,
      );
    expect(output).toBe('served\n1\n');
    await node.delete('served');
    await node.untilGone('served');
    expect(await node.engine.runtime().list()).toEqual([]);
  });
});
