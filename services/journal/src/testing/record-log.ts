import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { combineHashes } from '@shiplog/cluster';
import { ObjectQuery, PositionQuery, type AnyCommand, type CommandReply, type Identity } from '@shiplog/contracts';
import { to as copyTo } from 'pg-copy-streams';
import { EVENT_COLUMN_LIST } from '../database/columns';
import { connectClient } from '../database/client';
import { createConfigMap, createNamespace, deleteConfigMap, patchConfigMap, freshId } from './commands';
import { TestJournals } from './journals';

/**
 * Records the log that a release writes: `node dist/services/journal/src/testing/record-log.js <release> <directory>`. Each
 * release's recording is kept in services/journal/recordings and replayed by the tests of every later one.
 */
async function record(release: string, directory: string): Promise<void> {
  const parts = await TestJournals.start();
  try {
    await parts.journal('recorder');
    const bus = await parts.nats.bus();
    for (const command of story()) expectAccepted(await bus.command(command));
    const pods = [];
    for (const name of ['web-1', 'web-2']) {
      const { object } = await bus.ask(ObjectQuery, { key: { resource: 'pods', namespace: 'default', name } });
      if (object === null) throw new Error(`${name} was not created`);
      pods.push({ namespace: 'default', name, uid: object.metadata.uid });
    }
    for (const command of livesOf(pods)) {
      const sender = await parts.nats.bus('sender', senderOf(command));
      expectAccepted(await sender.command(command));
    }
    const { hashes = {} } = await bus.ask(PositionQuery, { hashes: true });
    const client = await connectClient(parts.databaseUrl, 'record', () => undefined);
    const select = `copy (select ${EVENT_COLUMN_LIST} from events order by position) to stdout`;
    await writeFile(join(directory, `${release}.tsv.gz`), gzipSync(await buffer(client.query(copyTo(select)))));
    await writeFile(join(directory, `${release}.hash`), `${combineHashes(hashes)}\n`);
    await client.end();
  } finally {
    await parts.stop();
  }
}

function expectAccepted(reply: CommandReply): void {
  if (!reply.ok) throw new Error(reply.status.message);
}

/** Who may send a command: what only the scheduler or a node may say comes from them. */
function senderOf({ type, data }: AnyCommand): Identity {
  if (type === 'ReportPods') return { role: 'kubelet', name: data.node };
  return type === 'MarkPodsUnschedulable' ? { role: 'scheduler', name: 'main' } : { role: 'api', name: 'main' };
}

function as<T extends AnyCommand['type']>(type: T, data: Extract<AnyCommand, { type: T }>['data']): AnyCommand {
  const actor = '"the user" \\ O\'Neill';
  const own = { ReportPods: 'system:node:node-1', MarkPodsUnschedulable: 'system:shiplog:scheduler' };
  return { id: freshId(), type, actor: (own as Partial<Record<string, string>>)[type] ?? actor, data } as AnyCommand;
}

const typed = (kind: string, name: string) => ({ apiVersion: 'v1', kind, metadata: { name } });
const key = (resource: 'nodes' | 'pods' | 'replicationcontrollers', name: string) => ({
  resource,
  namespace: resource === 'nodes' ? '' : 'default',
  name,
});
const condition = (type: string, status: string) => ({ type, status, lastHeartbeatTime: '2026-01-01T00:00:00Z' });
const container = { name: 'web', image: 'web:1', imageID: 'sha256:1', ready: false, restartCount: 0 };

/** One event of every kind that a change can be, and texts that are hard to keep. */
function* story(): Generator<AnyCommand> {
  yield createNamespace('default');
  yield createNamespace('old');
  for (const name of ['n1', 'n2'])
    yield as('CreateObject', { resource: 'nodes', namespace: '', object: typed('Node', name) });
  for (const status of ['True', 'False', 'Unknown', 'True']) {
    const patch = { status: { conditions: [condition('Ready', status)] } };
    yield as('PatchObject', { ...key('nodes', 'n1'), subresource: 'status', patchType: 'merge', patch });
  }
  for (const spec of [
    { unschedulable: true },
    { unschedulable: null },
    { taints: [{ key: 'a', effect: 'NoSchedule' }] },
  ]) {
    yield as('PatchObject', { ...key('nodes', 'n2'), patchType: 'merge', patch: { spec } });
  }
  yield createConfigMap('hard', {
    quotes: '"\\"',
    lines: 'a\nb\r\n\tc',
    unicode: 'ünï ☃ 💥 \u0001\u001f',
    '10': 'ten',
    '9': 'nine',
  });
  yield patchConfigMap('hard', { __proto__x: '1', '1': 'one', quotes: null });
  yield createConfigMap('brief');
  yield deleteConfigMap('brief');
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
  const rc = { ...typed('ReplicationController', 'web'), spec: { replicas: 2, selector: { app: 'web' }, template } };
  yield as('CreateObject', { resource: 'replicationcontrollers', namespace: 'default', object: rc });
  const scale = { spec: { replicas: 3 } };
  yield as('PatchObject', {
    ...key('replicationcontrollers', 'web'),
    subresource: 'scale',
    patchType: 'merge',
    patch: scale,
  });
  const service = {
    ...typed('Service', 'web'),
    spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80 }] },
  };
  yield as('CreateObject', { resource: 'services', namespace: 'default', object: service });
  for (const name of ['web-1', 'web-2']) {
    const pod = { ...typed('Pod', name), spec: template.spec };
    yield as('CreateObject', { resource: 'pods', namespace: 'default', object: pod });
  }
  yield as('DeleteObject', { resource: 'namespaces', namespace: '', name: 'old' });
  const empty = { ...typed('Namespace', 'old'), spec: {} };
  yield as('ReplaceObject', {
    resource: 'namespaces',
    namespace: '',
    name: 'old',
    subresource: 'finalize',
    object: empty,
  });
}

type Pod = { namespace: string; name: string; uid: string };

function* livesOf([first, second]: Pod[]): Generator<AnyCommand> {
  if (first === undefined || second === undefined) return;
  const decision = { policy: 'default/1', seed: 7, winner: 'n1', top: [], refused: { TaintToleration: 1 }, nodes: 2 };
  yield as('MarkPodsUnschedulable', { pods: [{ ...second, message: '0/2 nodes are available', decision }] });
  yield as('BindPods', {
    bindings: [
      { ...first, node: 'n1', decision },
      { ...second, node: 'n2', cause: 3, decision },
    ],
  });
  const owner = { apiVersion: 'v1', kind: 'ReplicationController', name: 'web', uid: 'rc', controller: true };
  for (const ownerReferences of [[owner], null]) {
    const patch = { metadata: { ownerReferences } };
    yield as('PatchObject', { ...key('pods', first.name), patchType: 'merge', patch });
  }
  const report = (pod: Pod, node: string, state: object, phase: string, ready: string): AnyCommand => {
    const status = {
      phase,
      conditions: [{ type: 'Ready', status: ready }],
      containerStatuses: [{ ...container, state }],
    };
    return as('ReportPods', { node, pods: [{ ...pod, status }] });
  };
  yield report(first, 'n1', { waiting: { reason: 'ImagePullBackOff' } }, 'Pending', 'False');
  yield report(first, 'n1', { running: { startedAt: '2026-01-01T00:00:01Z' } }, 'Running', 'True');
  yield report(first, 'n1', { running: { startedAt: '2026-01-01T00:00:01Z' } }, 'Running', 'False');
  yield report(first, 'n1', { terminated: { exitCode: 0 } }, 'Succeeded', 'False');
  yield report(second, 'n2', { terminated: { exitCode: 137, reason: 'OOMKilled' } }, 'Failed', 'False');
  yield as('DeleteObject', key('pods', second.name));
}

const [release = 'unnamed', directory = '.'] = process.argv.slice(2);
void record(release, directory);
