import type { Cluster, Step } from './cluster';
import type { Plan } from './progress';
import { dnsSpecs, hostSpecs, controlPlaneSpecs, minionSpecs, ownEngineSpecs } from './services/service-specs';
import { certificates } from './steps/certificates';
import { engineChoice } from './steps/engine-choice';
import { engines } from './steps/engines';
import { underlay } from './steps/underlay';
import { hollow } from './steps/hollow';
import { images } from './steps/images';
import { nats } from './nats/nats';
import { ownEngine } from './steps/own-engine';
import { postgres } from './steps/postgres';
import { sample } from './steps/sample';
import { serviceStep, servicesStep } from './steps/services';

/** What decides how the rest is done. */
export const planBase: Plan = [engineChoice, certificates];

/** Everything else, once it is known where pods run. */
export function planCluster(cluster: Cluster): Plan {
  const own = cluster.mode.kind === 'minions';
  return [
    ...(own ? [underlay] : []),
    { title: 'Foundations', steps: [nats, postgres, ...(own ? [engines] : [])] },
    { title: 'Master', steps: [...MASTER.map(masterStep), ...(own ? [servicesStep('dns', dnsSpecs)] : [])] },
    ...minionEntries(cluster),
    ...(cluster.settings.hollow > 0 ? [hollow] : []),
    ...(cluster.settings.sample ? [sample] : []),
  ];
}

const MASTER = ['journal', 'api', 'scheduler', 'controller'] as const;

function masterStep(name: (typeof MASTER)[number]): Step {
  return serviceStep(name, (cluster) => controlPlaneSpecs(cluster)[name]);
}

/** On the user's own engine images come first: one of them helps to ready it. */
function minionEntries(cluster: Cluster): Plan {
  const { mode, layout } = cluster;
  if (mode.kind === 'hollow') return [];
  if (mode.kind === 'own-engine') {
    const agents = servicesStep('minion-1', () => ownEngineSpecs(cluster, mode.dockerHost));
    return [images, ownEngine(mode.dockerHost), agents];
  }
  const minions = layout.minions.map((minion) => servicesStep(minion.name, () => minionSpecs(cluster, minion)));
  return [{ title: 'Minions', steps: [...minions, servicesStep('this machine', hostSpecs), images] }];
}
