import type { Cluster, Step } from '../cluster';
import { engineAt } from '../engines/engine-client';
import { withImageBuilder } from '../engines/image-builder';
import { runtimeOf } from '../engines/runtimes';
import { IMAGES } from '../images/catalogue';
import { dockerImages, type ImageStore } from '../images/image-store';
import { isCached, provideImage } from '../images/provide-images';

/** The images of the sample and the tests, in every runtime. */
export const images: Step = {
  title: 'Images',
  async run(cluster, say) {
    const { cache } = cluster.settings;
    const stores = storesOf(cluster);
    const provideAll = async (to: readonly ImageStore[]): Promise<number> => {
      let loaded = 0;
      for (const row of IMAGES) loaded += await provideImage(to, row, cache, say);
      return loaded;
    };
    const canBuild = stores.some(({ builder }) => builder !== undefined);
    const loaded =
      canBuild || IMAGES.every(({ ref }) => isCached(cache, ref))
        ? await provideAll(stores)
        : await withImageBuilder(cluster, say, (builder) => provideAll([builder, ...stores]));
    return loaded === 0 ? 'all there' : IMAGES.map((row) => row.ref).join(', ');
  },
};

function storesOf({ mode, layout }: Cluster): ImageStore[] {
  if (mode.kind === 'own-engine') return [dockerImages(engineAt(mode.dockerHost))];
  return layout.minions.map((minion) => runtimeOf(minion).images(minion));
}
