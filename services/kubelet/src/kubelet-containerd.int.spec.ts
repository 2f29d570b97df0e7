import { readdir } from 'node:fs/promises';
import { CHANNELS, Exec } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { TestContainerd } from './testing/test-containerd';
import { containerOf, isReady, NODE, shell, TestNode } from './testing/test-node';

describe('a kubelet on containerd', () => {
  let containerd: TestContainerd;
  let node: TestNode;
  beforeAll(async () => {
    containerd = await TestContainerd.start();
    node = await TestNode.start({ containerd });
  });
  afterAll(() => node.stop());

  it('says so of its node', () => {
    const info = node.projection.get('nodes', '', NODE)?.status?.nodeInfo;
    expect(info?.containerRuntimeVersion).toMatch(/^containerd:\/\/\d+\.\d+/);
  });

  it('runs pods: init containers first, ready once their probes are, with volumes that all of them share', async () => {
    const shared = [{ name: 'shared', mountPath: '/shared' }];
    await node.pod('web', {
      initContainers: [{ name: 'first', command: shell('echo made > /shared/file'), volumeMounts: shared }].map(
        (item) => ({ image: 'shiplog-test/busybox:1', ...item }),
      ),
      containers: [
        {
          name: 'main',
          command: shell('cat /shared/file; echo to stderr >&2; trap "exit 0" TERM; while true; do sleep 0.1; done'),
          readinessProbe: { exec: { command: shell('test -e /shared/ready') }, periodSeconds: 1 },
          volumeMounts: shared,
        },
      ],
      volumes: [{ name: 'shared', emptyDir: {} }],
    });
    const running = await node.until('web', (pod) => containerOf(pod).state?.running !== undefined);
    expect(isReady(running)).toBe(false);
    expect(running.status?.podIP).toBe(node.attached.get(running.metadata.uid));
    expect(await execIn('web', 'touch /shared/ready; hostname')).toBe('web\n');
    const pod = await node.untilReady('web');
    expect(containerOf(pod)).toMatchObject({
      containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/) as string,
      imageID: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
    });
    // Its two outputs are copied side by side.
    await eventually(async () => linesOf(await node.logs(pod)).join() === 'made,to stderr');
  });

  it('starts what has ended again, and keeps the log of the life before', async () => {
    const script = 'echo life; test -e /once/file && sleep 1000; touch /once/file; exit 3';
    await node.pod('again', {
      containers: [{ name: 'main', command: shell(script), volumeMounts: [{ name: 'once', mountPath: '/once' }] }],
      volumes: [{ name: 'once', emptyDir: { medium: 'Memory' } }],
    });
    const pod = await node.until(
      'again',
      (item) => containerOf(item).restartCount === 1 && containerOf(item).state?.running !== undefined,
    );
    expect(containerOf(pod).lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(await node.logs(pod, 'main', { previous: true })).toBe('life\n');
  });

  it('makes a sandbox that has died anew, and what was in it', async () => {
    const before = await node.until('web', isReady);
    const sandboxes = await containerd.sandboxes(before.metadata.uid);
    await containerd.ctr('tasks', 'kill', '--signal', 'SIGKILL', sandboxes[0] ?? '');
    const after = await node.until('web', (pod) => containerOf(pod).restartCount === 1 && isReady(pod));
    expect(containerOf(after).containerID).not.toBe(containerOf(before).containerID);
    expect(await node.logs(after, 'main', { previous: true })).toContain('made\n');
  });

  it('finds its pods again after a restart, containerd’s as well as its own', async () => {
    const ids = async () => (await containerd.runtime(NODE).list()).map((item) => item.id).sort();
    const before = await ids();
    await node.stopKubelet();
    await containerd.pause();
    await containerd.resume();
    await node.startKubelet();
    await node.untilReady('web');
    expect(await ids()).toEqual(before);
    expect(containerOf(await node.untilReady('web')).restartCount).toBe(1);
  });

  it('leaves nothing of pods that are deleted', async () => {
    await Promise.all(['web', 'again'].map((name) => node.delete(name)));
    await Promise.all(['web', 'again'].map((name) => node.untilGone(name)));
    expect(await containerd.ctr('containers', 'ls', '-q')).toBe('');
    expect(await readdir(containerd.podLogs)).toEqual([]);
  });

  async function execIn(name: string, script: string): Promise<string> {
    const uid = node.get(name)?.metadata.uid ?? '';
    const request = { namespace: 'default', pod: name, uid, container: 'main', stdout: true, command: shell(script) };
    const stream = await node.system.bus.open(Exec, request, { node: NODE });
    let output = '';
    for await (const { channel, data } of stream.chunks)
      if (channel === CHANNELS.stdout) output += Buffer.from(data).toString();
    return output;
  }
});

/** In no order. */
function linesOf(log: string): string[] {
  return log.trimEnd().split('\n').sort();
}
