import type Docker from 'dockerode';
import type { Cluster, Step } from '../cluster';
import { engineAt } from '../engines/engine-client';
import { IMAGES } from '../images/catalogue';
import { provideImage } from '../images/provide-images';

/** The images of the sample and the tests, on every engine. */
export const images: Step = {
  title: 'Images',
  async run(cluster, say) {
    let loaded = 0;
    for (const row of IMAGES) loaded += await provideImage(enginesOf(cluster), row, cluster.settings.cache, say);
    return loaded === 0 ? 'all there' : IMAGES.map((row) => row.ref).join(', ');
  },
};

/** A client of every engine of the cluster. */
export function enginesOf(cluster: Cluster): Docker[] {
  if (cluster.mode.kind === 'own-engine') return [engineAt(cluster.mode.dockerHost)];
  return cluster.layout.minions.map((minion) => engineAt(`unix://${minion.socket}`));
}
