import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import type { Pod } from '../domain/pod';
import { BUSYBOX } from '../testing/test-engine';
import { isReady, NODE, shell, TestNode } from '../testing/test-node';

const NAME = `web-${NODE}`;

describe('pods that a folder of the node names, on a real engine', () => {
  let folder: string;
  let node: TestNode;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shiplog-manifests-'));
    await manifest('web', 'echo one; sleep 1000');
    node = await TestNode.start({ env: { STATIC_POD_PATH: folder } });
  });
  afterAll(async () => {
    await node.stop();
    await rm(folder, { recursive: true });
  });

  /** As editors write: at once. */
  async function write(file: string, text: string): Promise<void> {
    const draft = join(folder, `.${file}`);
    await writeFile(draft, text);
    await rename(draft, join(folder, file));
  }
  const manifest = (name: string, script: string) => {
    const containers = [{ name: 'main', image: BUSYBOX, command: shell(script) }];
    const spec = { terminationGracePeriodSeconds: 1, hostNetwork: true, containers };
    return write(`${name}.json`, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }));
  };
  const untilReady = (item: (pod: Pod) => boolean = () => true) =>
    eventually(
      () => {
        const pod = node.get(NAME);
        if (pod === undefined || !isReady(pod) || !item(pod)) throw new Error(JSON.stringify(pod?.status));
        return pod;
      },
      { timeoutMs: 20_000, everyMs: 20 },
    );
  const containerId = (pod: Pod) => pod.status?.containerStatuses?.[0]?.containerID;
  const running = async () =>
    (await node.engine.docker('ps', '-q', '--filter', `label=io.kubernetes.container.name=main`))
      .split('\n')
      .filter(Boolean);

  it('run, and a mirror tells of each in the API', async () => {
    const { metadata, spec, status } = await untilReady();
    const hash = metadata.annotations?.['kubernetes.io/config.hash'];
    expect(metadata.annotations).toMatchObject({
      'kubernetes.io/config.mirror': hash,
      'kubernetes.io/config.source': 'file',
    });
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: NODE }]);
    expect(spec?.nodeName).toBe(NODE);
    expect(status?.phase).toBe('Running');
    expect(await running()).toHaveLength(1);
    // Asked for by the mirror, as users do.
    await eventually(async () => (await node.logs(await untilReady())) === 'one\n');
  });

  it('go on when their mirror is deleted, which comes again', async () => {
    const before = await untilReady();
    await node.delete(NAME);
    const after = await untilReady((pod) => pod.metadata.uid !== before.metadata.uid);
    expect(containerId(after)).toBe(containerId(before));
    await node.delete(NAME, 0);
    const last = await untilReady((pod) => pod.metadata.uid !== after.metadata.uid);
    expect(containerId(last)).toBe(containerId(before));
  });

  it('go on as they are beside a file that is none of a pod, of which an event tells once', async () => {
    const before = await untilReady();
    await write('broken.yaml', 'kind: [');
    const told = () => node.notes.filter(({ reason }) => reason === 'FailedValidation').map(({ message }) => message);
    await eventually(() => told().length > 0);
    await write('web.json', '{"kind":"Pod"');
    await eventually(() => told().length > 1);
    expect(told()[0]).toBe(
      `Error validating pod ${join(folder, 'broken.yaml')} from file, ignoring: it can't be read: Flow sequence in block collection must be sufficiently indented and end with a ]`,
    );
    expect(containerId(await untilReady())).toBe(containerId(before));
    await rm(join(folder, 'broken.yaml'));
  });

  it('follow their file: what it says now runs when what it said has ended', async () => {
    const before = await untilReady();
    await manifest('web', 'echo two; sleep 1000');
    const after = await untilReady((pod) => pod.metadata.uid !== before.metadata.uid);
    expect(after.spec?.containers[0]?.command?.at(-1)).toBe('echo two; sleep 1000');
    expect(await running()).toHaveLength(1);
  });

  it('are found again by the next kubelet', async () => {
    const before = await untilReady();
    await node.stopKubelet();
    await node.startKubelet({ STATIC_POD_PATH: folder });
    await node.untilBeats(2);
    const after = await untilReady();
    expect([after.metadata.uid, containerId(after)]).toEqual([before.metadata.uid, containerId(before)]);
  });

  it('run without the cluster, also when the kubelet is started anew: they are shown once it is back', async () => {
    await node.stopKubelet();
    await node.system.kill('journal-1');
    await node.engine.docker('rm', '-f', ...(await running()));
    await manifest('second', 'sleep 1000');
    const started = node.startKubelet({ STATIC_POD_PATH: folder });
    await eventually(async () => (await running()).length === 2, { timeoutMs: 20_000 });
    await node.system.restartJournal();
    await started;
    await untilReady();
    await node.untilReady(`second-${NODE}`);
    expect(await running()).toHaveLength(2);
  });

  it('end with their file, and their mirror with them', async () => {
    await rm(join(folder, 'web.json'));
    await node.untilGone(NAME);
    await eventually(async () => (await running()).length === 1);
  });
});
