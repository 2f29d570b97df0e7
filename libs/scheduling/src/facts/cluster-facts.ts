import { NO_IMAGES, type Images } from './images';
import { NO_VOLUMES, type Volumes } from '../volumes/volumes';
import { NO_PODS, type PlacedPods } from '../topology/placed-pods';
import { NO_BUDGETS, type Budgets } from './budgets';
import type { NodeFacts } from './node-facts';
import { NO_NOMINATIONS, type Nominations } from './nominations';

/** What a rule may look at beside a pod and a node: the cluster around them, as a decision sees it. */
export interface ClusterFacts {
  /** By name. */
  readonly nodes: readonly NodeFacts[];
  readonly volumes: Volumes;
  readonly images: Images;
  readonly placed: PlacedPods;
  readonly nominations: Nominations;
  readonly budgets: Budgets;
}

/** Where a rule is asked about a pod and a node alone. */
export const NO_CLUSTER: ClusterFacts = {
  nodes: [],
  volumes: NO_VOLUMES,
  images: NO_IMAGES,
  placed: NO_PODS,
  nominations: NO_NOMINATIONS,
  budgets: NO_BUDGETS,
};
