import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpus } from 'node:os';
import type { Container } from '@shiplog/contracts';
import { conditionOf } from '@shiplog/kube';
import { eventually } from '@shiplog/testing';
import type { Pod } from '../domain/pod';
import { containerOf, isReady, TestNode } from '../testing/test-node';

const MIB = 2 ** 20;
const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');

describe('what pods may take', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.start();
  });
  afterAll(() => node.stop());

  const amounts = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
  const container = (resources: Container['resources'], memoryPolicy = 'NotRequired'): Container => ({
    name: 'main',
    resources,
    resizePolicy: [{ resourceName: 'memory', restartPolicy: memoryPolicy }],
  });
  const resize = (name: string, resources: Container['resources']) =>
    node.send({
      type: 'PatchObject',
      data: {
        resource: 'pods',
        namespace: 'default',
        name,
        subresource: 'resize',
        patchType: 'strategic',
        patch: { spec: { containers: [{ name: 'main', resources }] } },
      },
    });

  /** Memory in bytes and processor time in 100 ms, as the kernel keeps to them. */
  async function limitsAt(...path: string[]): Promise<[memory: string, quota: string | undefined]> {
    const read = async (controller: string, file: string) =>
      (
        await readFile(
          join('/sys/fs/cgroup', isUnified ? '' : controller, node.engine.cgroupParent, ...path, file),
          'utf8',
        )
      ).trim();
    if (!isUnified) return [await read('memory', 'memory.limit_in_bytes'), await read('cpu', 'cpu.cfs_quota_us')];
    return [await read('', 'memory.max'), (await read('', 'cpu.max')).split(' ')[0]];
  }
  const idOf = (pod: Pod): string => (containerOf(pod).containerID ?? '').replace('docker://', '');
  const has = (pod: Pod, cpu: string): boolean =>
    containerOf(pod).resources?.limits?.['cpu'] === cpu && conditionOf(pod, 'PodResizeInProgress') === undefined;

  it('is changed in place while they run, in their cgroups and their status', async () => {
    await node.pod('wide', { containers: [container(amounts('100m', '64Mi'))] });
    const before = await node.untilReady('wide');
    const [pod, id] = [`pod${before.metadata.uid}`, idOf(before)];
    expect(containerOf(before)).toMatchObject({
      resources: amounts('100m', '64Mi'),
      allocatedResources: { cpu: '100m', memory: '64Mi' },
    });
    expect(await limitsAt(pod, id)).toEqual([String(64 * MIB), '10000']);
    await resize('wide', amounts('200m', '96Mi'));
    const after = await node.until('wide', (item) => has(item, '200m'));
    expect([idOf(after), containerOf(after).restartCount]).toEqual([id, 0]);
    expect(await limitsAt(pod, id)).toEqual([String(96 * MIB), '20000']);
    expect(await limitsAt(pod)).toEqual([String(96 * MIB), '20000']);
    await resize('wide', amounts('50m', '96Mi'));
    await node.until('wide', (item) => has(item, '50m'));
    expect((await limitsAt(pod, id))[1]).toBe('5000');
    expect((await limitsAt(pod))[1]).toBe('5000');
  });

  it('is changed by a restart of a container that says so', async () => {
    await node.pod('anew', { containers: [container(amounts('50m', '64Mi'), 'RestartContainer')] });
    const before = await node.untilReady('anew');
    await resize('anew', amounts('50m', '32Mi'));
    const after = await node.until('anew', (item) => isReady(item) && containerOf(item).restartCount === 1);
    expect(containerOf(after).resources).toEqual(amounts('50m', '32Mi'));
    expect(await limitsAt(`pod${before.metadata.uid}`, idOf(after))).toEqual([String(32 * MIB), '5000']);
  });

  it('may be said of the whole, and is in its own cgroup', async () => {
    const resources = { limits: { cpu: '100m', memory: '48Mi' } };
    await node.pod('whole', { resources, containers: [{ name: 'main' }] });
    const pod = await node.untilReady('whole');
    expect(pod.status?.qosClass).toBe('Guaranteed');
    expect(await limitsAt(`pod${pod.metadata.uid}`)).toEqual([String(48 * MIB), '10000']);
    await node.delete('whole');
    await node.untilGone('whole');
  });

  it('stays as it is until there is room for more, and where there can be none', async () => {
    const half = `${Math.floor(cpus().length * 500)}m`;
    const most = `${Math.floor(cpus().length * 700)}m`;
    await node.pod('other', { containers: [{ name: 'main', resources: { requests: { cpu: half } } }] });
    await node.untilReady('other');
    await resize('wide', amounts(most, '96Mi'));
    const waiting = await node.until('wide', (item) => conditionOf(item, 'PodResizePending') !== undefined);
    expect(conditionOf(waiting, 'PodResizePending')).toMatchObject({
      status: 'True',
      reason: 'Deferred',
      message: expect.stringContaining("Node didn't have enough resource: cpu, requested: ") as string,
    });
    expect(containerOf(waiting).resources).toEqual(amounts('50m', '96Mi'));
    await node.delete('other');
    const given = await node.until('wide', (item) => has(item, most));
    expect(conditionOf(given, 'PodResizePending')).toBeUndefined();
    await resize('wide', amounts('1000', '96Mi'));
    const never = await node.until('wide', (item) => conditionOf(item, 'PodResizePending') !== undefined);
    expect(conditionOf(never, 'PodResizePending')).toMatchObject({
      reason: 'Infeasible',
      message: expect.stringMatching(
        /^Node didn't have enough capacity: cpu, requested: 1000000, capacity: \d+$/,
      ) as string,
    });
    await eventually(async () => (await limitsAt(`pod${never.metadata.uid}`))[1] !== '5000');
  });
});
