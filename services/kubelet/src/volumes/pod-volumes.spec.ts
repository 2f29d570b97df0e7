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
    ],
  });

  const setUp = () => {
    const prepared: string[][] = [];
    const state = { text: 'old' as string | undefined, disk: Promise.resolve() };
    const files = {
      prepareVolumes: (volumes: readonly PlannedVolume[]) => {
        prepared.push(volumes.map((item) => (item.kind === 'files' ? String(item.files[0]?.content) : item.kind)));
        return state.disk;
      },
    } as unknown as PodFiles;
    const configMap = () => (state.text === undefined ? undefined : { data: { key: state.text } });
    const source = { configMap } as unknown as ConfigSource;
    return { state, prepared, volumes: new PodVolumes(files, source, {} as NodeFacts) };
  };

  it('are made once, and again when what they show has changed', async () => {
    const { volumes, prepared, state } = setUp();
    await Promise.all([volumes.make(mounting), volumes.make(mounting)]);
    expect(prepared).toEqual([['directory', 'old']]);
    state.text = 'new';
    volumes.forget();
    await volumes.make(mounting);
    expect(prepared.at(-1)).toEqual(['directory', 'new']);
  });

  it('are in use from the moment that they are being made, so that no change is missed', async () => {
    const { volumes, prepared, state } = setUp();
    let written: () => void = () => undefined;
    state.disk = new Promise((resolve) => (written = resolve));
    const made = volumes.make(mounting);
    expect(volumes.inUse).toBe(true);
    state.text = 'new';
    const refreshed = volumes.refresh(mounting);
    written();
    await Promise.all([made, refreshed]);
    expect(prepared).toEqual([['directory', 'old'], ['new']]);
  });

  it('are not in use while what they refer to is not there', async () => {
    const { volumes, state } = setUp();
    state.text = undefined;
    await expect(volumes.make(mounting)).rejects.toThrow('configmap "conf" not found');
    expect(volumes.inUse).toBe(false);
  });
});
