import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectQuery, subjects, type PayloadOf } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { FakeRuntime } from '../runtime/testing/fake-runtime';
import { BUSYBOX } from '../testing/test-engine';
import { NODE, TestNode } from '../testing/test-node';
import { ReferenceQuery } from './reference-query';
import { References } from './references';

describe('a kubelet, of the Secrets and ConfigMaps of its cluster', () => {
  let node: TestNode;
  const asked: string[] = [];

  beforeAll(async () => {
    const runtime = new FakeRuntime();
    runtime.images.set(BUSYBOX, { id: 'sha256:busybox', digests: [], user: '', sizeBytes: 1_000 });
    node = await TestNode.start({ runtime, beforeKubelet: listen });
    await secret('keys', 'one');
    await secret('foreign', 'not for this node');
    await configMap('conf', 'x=1');
  });
  afterAll(() => node.stop());

  /** What this node asks the journal for. */
  const listen = ({ system }: TestNode): void => {
    const subject = subjects.query(ObjectQuery.name, { kind: 'node', name: NODE });
    system.bus.listen(subject, (message) => {
      const { key } = message.json<PayloadOf<typeof ObjectQuery>>();
      asked.push(`${key.resource}/${key.name}`);
    });
  };
  const secret = (name: string, token: string) =>
    node.create(
      { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: { token: Buffer.from(token).toString('base64') } },
      'secrets',
    );
  const configMap = (name: string, ini: string) =>
    node.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { 'app.ini': ini } }, 'configmaps');
  const change = (ini: string) =>
    node.send({
      type: 'PatchObject',
      data: {
        ...{ resource: 'configmaps', namespace: 'default', name: 'conf' },
        ...{ patchType: 'merge', patch: { data: { 'app.ini': ini } } },
      },
    });
  const references = () => node.part(References);
  const file = async (pod: string, ...path: string[]) =>
    readFile(join(node.stateDir, 'pods', node.get(pod)?.metadata.uid ?? '', 'volumes', ...path), 'utf8');

  it('asks for none while no pod names one', async () => {
    await node.pod('plain', {});
    await node.untilReady('plain');
    expect(asked).toEqual([]);
  });

  it('asks for those that its pods name, and for no other', async () => {
    await node.pod('named', {
      volumes: [
        { name: 'conf', configMap: { name: 'conf' } },
        { name: 'keys', secret: { secretName: 'keys' } },
      ],
    });
    await node.untilReady('named');
    expect(asked.sort()).toEqual(['configmaps/conf', 'secrets/keys']);
    expect(await file('named', 'conf', 'app.ini')).toBe('x=1');
    expect(await file('named', 'keys', 'token')).toBe('one');
    expect(references().secret('default', 'foreign')).toBeUndefined();
  });

  it('is refused what none of its pods names, and takes it for absent', async () => {
    const pod = await node.untilReady('named');
    const key = { resource: 'secrets', namespace: 'default', name: 'foreign' } as const;
    expect(await node.part(ReferenceQuery).ask(key, [pod])).toBeNull();
    expect(node.warnings).toContain('the journal refuses an object; it counts as absent');
  });

  it('brings the files of a running pod up to date when it hears of a change', async () => {
    await change('x=2');
    await eventually(async () => (await file('named', 'conf', 'app.ini')) === 'x=2');
  });

  it('starts a pod whose ConfigMap comes late, when it comes', async () => {
    await node.pod('waits', { volumes: [{ name: 'late', configMap: { name: 'late' } }] });
    await eventually(() => node.notes.some(({ message }) => message.endsWith('configmap "late" not found')));
    await configMap('late', 'here');
    await node.untilReady('waits');
    expect(await file('waits', 'late', 'app.ini')).toBe('here');
  });

  it('forgets what no pod names any more', async () => {
    expect(references().configMap('default', 'late')).toBeDefined();
    await node.delete('waits');
    await node.untilGone('waits');
    await eventually(() => references().configMap('default', 'late') === undefined);
  });

  describe('when notices of changes are lost', () => {
    beforeEach(() => {
      jest.spyOn(references(), 'changed').mockImplementation(() => undefined);
    });
    afterEach(() => jest.restoreAllMocks());

    it('finds the change when NATS is there again after an absence', async () => {
      await change('x=3');
      await node.system.nats.pause();
      await node.system.nats.resume();
      await eventually(async () => (await file('named', 'conf', 'app.ini')) === 'x=3');
    });

    it('finds the change when it asks for all anew, as it does at intervals', async () => {
      await node.stopKubelet();
      await node.startKubelet({ REFERENCE_RESYNC_INTERVAL: '300ms' });
      await node.pod('second', { volumes: [{ name: 'conf', configMap: { name: 'conf' } }] });
      await node.untilReady('second');
      jest.spyOn(references(), 'changed').mockImplementation(() => undefined);
      await change('x=4');
      await eventually(async () => (await file('second', 'conf', 'app.ini')) === 'x=4');
    });
  });
});
