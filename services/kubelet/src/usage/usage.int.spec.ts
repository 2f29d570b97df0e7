import { eventually } from '@shiplog/testing';
import { EngineCgroups } from '../node/cgroups';
import { ContainerTable } from '../runtime/container-table';
import { containerOf, TestNode } from '../testing/test-node';
import { CgroupReader } from './cgroup-reader';
import { UsageReader } from './usage-reader';

const MIB = 2 ** 20;

describe('what runs on a real engine', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.start({ env: { USAGE_INTERVAL: '1s' } });
  });
  afterAll(() => node.stop());

  it('uses what it is allowed of a processor, and the memory that it holds', async () => {
    const hold = 'dd if=/dev/zero of=/dev/shm/held bs=1M count=24; while :; do :; done';
    const resources = { limits: { cpu: '200m', memory: '64Mi' } };
    await node.pod('busy', { containers: [{ name: 'main', resources }], script: hold });
    const { metadata, status } = await node.untilReady('busy');
    const reader = node.part(UsageReader);
    const pod = await eventually(() => {
      const usage = reader.pod(metadata.uid);
      expect(usage?.cpuRate?.windowMs).toBeGreaterThanOrEqual(1_000);
      expect(usage?.memory.workingSetBytes).toBeGreaterThan(24 * MIB);
      return usage;
    });
    expect(pod?.cpuRate?.nanoCores).toBeGreaterThan(1e7);
    expect(pod?.cpuRate?.nanoCores).toBeLessThan(3e8);
    expect(pod?.memory.workingSetBytes).toBeLessThan(64 * MIB);
    expect(pod?.processes).toBeGreaterThanOrEqual(2);
    expect(pod?.containers).toMatchObject([
      { name: 'main', containerId: status && containerOf({ metadata, status } as never).containerID?.slice(9) },
    ]);
    const whole = reader.node();
    expect(whole?.memory.workingSetBytes).toBeGreaterThan(24 * MIB);
    expect(whole?.cpuRate?.nanoCores).toBeGreaterThan(0);
    expect((await reader.pods()).map((item) => item.pod.name)).toEqual(['busy']);
  });

  it('is found beside its sandbox where pods have no cgroup of their own', async () => {
    const { uid } = (await node.untilReady('busy')).metadata;
    const [config, logger] = [{ usageInterval: 1_000 }, { error: () => undefined }];
    // An engine of systemd's: its driver is another, and so nothing is known of where its cgroups are.
    const reader = new UsageReader(
      config,
      logger,
      node.part(ContainerTable),
      new EngineCgroups('/x'),
      new CgroupReader(),
    );
    const usage = reader.pod(uid);
    expect(usage?.memory.workingSetBytes).toBeGreaterThan(24 * MIB);
    expect(usage?.containers).toHaveLength(1);
    expect(usage?.processes).toBeUndefined();
  });
});
