import type { ConfigSource } from '../container/render/env';
import type { NodeFacts } from '../container/render/fields';
import { pod } from '../testing/builders';
import type { PlannedVolume } from './plan/planned-volume';
import type { PodFiles } from './pod-files';
import { PodVolumes } from './pod-volumes';

describe('the volumes of a pod', () => {
  const mounting = pod({
    volumes: [
      { name: 'data', emptyDir: {} },
      { name: 'conf', configMap: { name: 'conf' } },
      { name: 'more', configMap: { name: 'more' } },
    ],
  });

  const setUp = () => {
    const prepared: string[][] = [];
    const failures: string[] = [];
    const there = new Set<string>();
    const state = {
      texts: { conf: 'old', more: 'm' } as Record<string, string>,
      disk: Promise.resolve(),
      answered: Promise.resolve(),
      used: 0,
      pod: mounting,
    };
    const files = {
      usedBytes: () => Promise.resolve(state.used),
      hasFiles: (name: string) => Promise.resolve(there.has(name)),
      prepareVolumes: async (volumes: readonly PlannedVolume[]) => {
        prepared.push(volumes.map((item) => (item.kind === 'files' ? String(item.files[0]?.content) : item.kind)));
        await state.disk;
        for (const { name, kind } of volumes) if (kind === 'files') there.add(name);
      },
    } as unknown as PodFiles;
    const configMap = (_: string, name: string) => {
      const text = state.texts[name];
      return text === undefined ? undefined : { data: { key: text } };
    };
    const volumes = new PodVolumes({
      files,
      source: { configMap } as unknown as ConfigSource,
      node: {} as NodeFacts,
      pod: () => state.pod,
      answered: () => state.answered,
      listener: {
        failed: (error) => failures.push((error as Error).message),
        exceeded: (message) => failures.push(message),
      },
      closed: () => undefined,
    });
    /** Resolves when all that was begun is done. */
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    return { state, prepared, failures, volumes, there, settled };
  };

  it('are made once, and again when what they show has changed', async () => {
    const { volumes, prepared, state } = setUp();
    await Promise.all([volumes.make(), volumes.make()]);
    expect(prepared).toEqual([['directory', 'old', 'm']]);
    state.texts['conf'] = 'new';
    volumes.changed();
    await volumes.make();
    expect(prepared).toContainEqual(['directory', 'new', 'm']);
  });

  it('miss no change while they are being made', async () => {
    const { volumes, prepared, state, settled } = setUp();
    let written: () => void = () => undefined;
    state.disk = new Promise((resolve) => (written = resolve));
    const made = volumes.make();
    await settled();
    state.texts['conf'] = 'new';
    volumes.changed();
    written();
    await made;
    await settled();
    expect(prepared).toEqual([['directory', 'old', 'm'], ['new'], ['m']]);
  });

  it('are not made before what they refer to is there', async () => {
    const { volumes, prepared, state, settled } = setUp();
    delete state.texts['conf'];
    await expect(volumes.make()).rejects.toThrow('configmap "conf" not found');
    volumes.refresh();
    await settled();
    expect(prepared).toEqual([]);
    state.texts['conf'] = 'late';
    await volumes.make();
    expect(prepared).toEqual([['directory', 'late', 'm']]);
  });

  it('of an earlier kubelet follow their objects, as soon as these are known', async () => {
    const { volumes, prepared, there, state, settled } = setUp();
    there.add('conf');
    let answer: () => void = () => undefined;
    state.answered = new Promise((resolve) => (answer = resolve));
    volumes.refresh();
    volumes.refresh();
    await settled();
    expect(prepared).toEqual([]);
    answer();
    await settled();
    expect(prepared).toEqual([['old']]);
  });

  it('stay as they are while their object is away, follow the others, and say so once', async () => {
    const { volumes, prepared, failures, state, settled } = setUp();
    await volumes.make();
    delete state.texts['conf'];
    state.texts['more'] = 'm2';
    for (let i = 0; i < 3; i++) {
      volumes.changed();
      await settled();
    }
    expect(prepared.slice(1)).toEqual([['m2'], ['m2'], ['m2']]);
    expect(failures).toEqual(['MountVolume.SetUp failed for volume "conf" : configmap "conf" not found']);
    expect((await volumes.make()).map(({ kind }) => kind)).toEqual(['directory', 'kept', 'files']);
    state.texts['conf'] = 'back';
    volumes.changed();
    await settled();
    expect(prepared.slice(-2)).toEqual([['back'], ['m2']]);
  });

  it.each([
    ['1Mi', 1_048_576, []],
    ['1Mi', 1_048_577, ['Usage of EmptyDir volume "data" exceeds the limit "1Mi". ']],
    ['0.5Gi', 2 ** 30, ['Usage of EmptyDir volume "data" exceeds the limit "512Mi". ']],
    ['0', 2 ** 30, []],
    [undefined, 2 ** 30, []],
  ])('with the limit %j take %d bytes: %j', async (sizeLimit, used, told) => {
    const { volumes, failures, state } = setUp();
    state.used = used;
    state.pod = pod({ volumes: [{ name: 'data', emptyDir: { sizeLimit } }] });
    await volumes.measure();
    expect(failures).toEqual(told);
    state.pod = pod({ volumes: [{ name: 'data', emptyDir: { sizeLimit } }] }, { phase: 'Failed' });
    await volumes.measure();
    expect(failures).toEqual(told);
  });

  it('are written no more once they are closed', async () => {
    const { volumes, prepared, there, settled } = setUp();
    there.add('conf');
    await volumes.close();
    volumes.refresh();
    await settled();
    await expect(volumes.make()).rejects.toThrow('aborted');
    expect(prepared).toEqual([]);
  });
});
