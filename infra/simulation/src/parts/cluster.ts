import type { Faults } from '../faults/faults';
import type { Broker } from '../bus/broker';
import type { Store } from '../store/store';
import type { Truth } from '../invariants/truth';
import type { World } from '../world/world';

/** What the parts of a simulated cluster share. */
export interface Cluster {
  readonly world: World;
  readonly faults: Faults;
  readonly broker: Broker;
  readonly store: Store;
  readonly truth: Truth;
}
