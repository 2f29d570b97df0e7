import { readFile } from 'node:fs/promises';
import { eventually } from '@shiplog/testing';
import { TestLogind } from '../testing/test-logind';
import { containerOf, NODE, shell, TestNode } from '../testing/test-node';
import { Logind } from './logind';

describe('a machine that goes down', () => {
  let logind: TestLogind;
  let node: TestNode;
  let env: Record<string, string>;
  beforeAll(async () => {
    logind = await TestLogind.start();
    await new Logind('test', logind.bus, logind.settings).allowDelay(25_000);
    env = {
      SHUTDOWN_GRACE_PERIOD: '20s',
      SHUTDOWN_GRACE_PERIOD_CRITICAL_PODS: '10s',
      DBUS_SYSTEM_BUS_ADDRESS: logind.bus,
    };
    node = await TestNode.start({ env });
  });
  afterAll(async () => {
    await node.stop();
    await logind.stop();
  });

  const ready = () => node.projection.get('nodes', '', NODE)?.status?.conditions?.find(({ type }) => type === 'Ready');

  it('is told how long to wait, and that it is to wait', async () => {
    expect(await readFile(logind.settings, 'utf8')).toContain('InhibitDelayMaxSec=25\n');
    await eventually(async () => (await new Logind('test', logind.bus).longestDelayMs()) === 25_000);
    await eventually(async () => (await logind.inhibitors()).includes(`kubelet ${NODE}`));
  });

  it('is held up by the next kubelet, too, and by none that has ended', async () => {
    await node.stopKubelet();
    await eventually(async () => (await logind.inhibitors()).length === 0);
    await node.startKubelet(env);
    await eventually(async () => (await logind.inhibitors()).length === 1);
  });

  it('waits until its pods have ended: critical ones after all others', async () => {
    const script = 'trap "sleep 1; exit 0" TERM; while true; do sleep 0.1; done';
    const containers = [{ name: 'main', command: shell(script) }];
    await node.pod('web', { containers });
    await node.pod('dns', { containers, priorityClassName: 'system-cluster-critical' });
    for (const name of ['web', 'dns']) await node.untilReady(name);
    await logind.powerOff();
    await node.until('web', ({ status }) => status?.phase === 'Failed');
    await eventually(() => logind.started.includes('poweroff.target'));

    const [web, dns] = ['web', 'dns'].map((name) => node.get(name));
    for (const pod of [web, dns])
      expect(pod?.status).toMatchObject({
        phase: 'Failed',
        reason: 'Terminated',
        message: 'Pod was terminated in response to imminent node shutdown.',
        conditions: expect.arrayContaining([
          expect.objectContaining({ type: 'DisruptionTarget', reason: 'TerminationByKubelet' }),
        ]) as unknown,
      });
    const ended = (pod: typeof web) => Date.parse(containerOf(pod!).state?.terminated?.finishedAt ?? '');
    // In seconds, as the API tells it; each takes one of them to end.
    expect(ended(dns)).toBeGreaterThan(ended(web));
    expect(ready()).toMatchObject({ status: 'False', reason: 'KubeletNotReady', message: 'node is shutting down' });
  });

  it('takes no further pods', async () => {
    await node.pod('late', {});
    const late = await node.until('late', ({ status }) => status?.phase === 'Failed');
    expect(late.status).toMatchObject({
      reason: 'NodeShutdown',
      message: 'Pod was rejected: Pod was rejected as the node is shutting down.',
    });
  });
});
