import type { Channel } from '@shiplog/contracts';
import { Projection } from '@shiplog/projection';
import { Follower } from '../invariants/follower';
import { WatchedProjection } from '../invariants/projections';
import type { Cluster } from '../parts/cluster';
import { busOf } from '../parts/service';
import { simulatedLogger } from '../world/logger';
import type { SimProcess } from '../world/process';

/** What a reader keeps a copy of. */
export interface ReaderKind {
  readonly role: 'api' | 'kubelet' | 'network';
  /** That are looked at. */
  readonly channels: readonly Channel[];
  /** Whether it follows all there are, also of kinds that come later. */
  readonly followsAll?: boolean;
}

/** A reader that is loaded: what it must hold is looked at after each step, and when all is quiet. */
export interface Reader {
  readonly process: SimProcess;
  readonly watched: WatchedProjection;
  readonly follower: Follower | undefined;
}

/** Opens a projection as a service does, and follows it. */
export async function startReader(
  cluster: Cluster,
  process: SimProcess,
  { role, channels, followsAll = false }: ReaderKind,
  opened: (reader: Reader) => void,
): Promise<void> {
  const { world, truth } = cluster;
  const node = channels.find((channel) => channel.node !== undefined)?.node;
  const bus = busOf(cluster, process, { role, name: node ?? process.name });
  const projection = await Projection.open(bus, {
    channels: followsAll ? 'all' : channels,
    logger: simulatedLogger(world, process),
  });
  world.trace.say(process.name, `is loaded at ${projection.position}`);
  // A copy that is made of whole channels can be compared with the log object by object.
  const isWhole = channels.every((channel) => (channel.node ?? channel.excerpt) === undefined);
  const follower = isWhole
    ? new Follower(process.name, projection, channels, truth, (violation) => world.violated(violation))
    : undefined;
  opened({ process, watched: new WatchedProjection(process.name, projection, channels, truth), follower });
}
