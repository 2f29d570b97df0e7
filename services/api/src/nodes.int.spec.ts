import { spawn } from 'node:child_process';
import { NatsTransport, type Bus, type StreamContext } from '@shiplog/bus';
import { Heartbeat, Logs as LogsMessage, messageId, type LogsRequest } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { Rig } from './testing/rig';
import { makeNode, runPod } from './testing/steps';

let rig: Rig;
let bus: Bus;
let kubelet: Bus;
beforeAll(async () => {
  rig = await Rig.start();
  bus = await rig.nats.bus('spec');
  kubelet = await rig.nats.bus('kubelet', { role: 'kubelet', name: 'n1' });
});
afterAll(async () => {
  await rig?.stop();
});

const kubectl = (args: string, options?: Parameters<Rig['kubectl']>[1]): Promise<string> => rig.kubectl(args, options);

describe('what comes from nodes, and goes to them', () => {
  it('come from the kubelet of the node, as asked for, in pieces', async () => {
    const asked: LogsRequest[] = [];
    let gone = false;
    const transport = new NatsTransport(kubelet, { complete: false });
    const logs = async (request: LogsRequest, { sink }: StreamContext): Promise<void> => {
      asked.push(request);
      await sink.write(Buffer.from('one\n'));
      if (request.follow === true) {
        await new Promise<void>((resolve) => sink.signal.addEventListener('abort', () => resolve(), { once: true }));
        gone = true;
      } else await sink.write(Buffer.from('two\n'));
    };
    transport.addHandler(messageId(LogsMessage), logs as never);
    transport.listen(() => undefined);
    await makeNode(bus);
    await kubectl('run talker --image=nginx');
    const uid = await runPod(rig, bus, 'talker');
    expect(await kubectl('logs talker --tail=5 --timestamps --since=1m')).toBe('one\ntwo\n');
    expect(asked[0]).toEqual({
      namespace: 'default',
      pod: 'talker',
      uid,
      container: 'talker',
      tailLines: 5,
      timestamps: true,
      sinceSeconds: 60,
    });
    const child = spawn('kubectl', ['logs', '-f', 'talker'], { env: rig.kubectlEnv() });
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    child.kill();
    await eventually(() => gone);
    await expect(kubectl('logs talker --previous')).rejects.toThrow(
      /previous terminated container "talker" in pod "talker" not found/,
    );
    await expect(kubectl('logs talker -c other')).rejects.toThrow(/container other is not valid for pod talker/);
    transport.close();
    await kubectl('delete pod talker --force --grace-period=0');
  });

  it('lays the last heartbeat over the lease of a node', async () => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'n1' },
      spec: { holderIdentity: 'n1' },
    };
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    await rig.http('POST', leases, lease);
    kubelet.tell(Heartbeat, { time: '2026-05-05T05:05:05.500Z' });
    await eventually(async () => (await rig.http('GET', `${leases}/n1`)).body.includes('2026-05-05T05:05:05.500000Z'));
  });

  it('binds pods through both of the ways that schedulers use', async () => {
    const binding = (name: string): object => ({
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { kind: 'Node', name: 'n1' },
    });
    await kubectl('run bound-1 --image=nginx');
    await kubectl('run bound-2 --image=nginx');
    const pods = '/api/v1/namespaces/default/pods';
    expect((await rig.http('POST', `${pods}/bound-1/binding`, binding('bound-1'))).code).toBe(201);
    expect((await rig.http('POST', '/api/v1/namespaces/default/bindings', binding('bound-2'))).code).toBe(201);
    expect((await rig.http('POST', `${pods}/bound-1/binding`, binding('bound-1'))).code).toBe(409);
    expect(await kubectl('get pods bound-1 bound-2 --no-headers -o custom-columns=N:.spec.nodeName')).toBe('n1\nn1\n');
    await kubectl('delete pod bound-1 bound-2 --force --grace-period=0');
  });

  it('drains a node, of all but what a disruption budget keeps there', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    for (const name of ['kept', 'free']) {
      await kubectl(`run ${name} --image=nginx`);
      await runPod(rig, bus, name);
    }
    await kubectl('create poddisruptionbudget kept --selector=run=kept --min-available=1');
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'kept' } };
    const refused = await rig.http('POST', `${pods}/kept/eviction`, eviction);
    expect([refused.code, refused.body]).toEqual([
      429,
      expect.stringContaining("Cannot evict pod as it would violate the pod's disruption budget."),
    ]);
    await kubectl('drain n1 --force --grace-period=0 --pod-selector=run=free');
    expect(await kubectl('get pods -o custom-columns=N:.metadata.name --no-headers')).toBe('kept\n');
    await kubectl('delete poddisruptionbudget kept');
    await kubectl('drain n1 --force --grace-period=0');
    expect(await kubectl('get pods -o custom-columns=N:.metadata.name --no-headers')).toBe('');
    await kubectl('uncordon n1');
  });
});
