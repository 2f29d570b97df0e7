import { setTimeout as delay } from 'node:timers/promises';
import { BusUnavailable, type Bus } from '@shiplog/bus';
import { StatusError, ObjectQuery, PositionQuery, type StateChunk } from '@shiplog/contracts';
import type { Answers } from '../invariants/answers';
import type { Reads } from '../invariants/reads';
import type { Cluster } from '../parts/cluster';
import { busOf } from '../parts/service';
import type { SimProcess } from '../world/process';
import type { Random } from '../world/random';

const CHANNELS = [{ resource: 'configmaps' }, { resource: 'pods' }] as const;

export interface AskerOptions {
  readonly answers: Answers;
  readonly reads: Reads;
  readonly isOver: () => boolean;
  readonly violated: (error: unknown) => void;
}

/** Asks the journal about the present, as the API does for a read that must be the latest, and has each answer judged. */
export function startAsker(cluster: Cluster, process: SimProcess, options: AskerOptions): void {
  const bus = busOf(cluster, process, { role: 'api', name: process.name });
  const random = cluster.world.random(`${process.name}/${process.life}`);
  for (let i = 0; i < 2; i++) run(bus, random, options).catch(options.violated);
}

async function run(bus: Bus, random: Random, options: AskerOptions): Promise<void> {
  while (!options.isOver()) {
    try {
      await ask(bus, random, options);
    } catch (error) {
      if (!(error instanceof BusUnavailable) && !(error instanceof StatusError)) throw error;
    }
    await delay(random.between(5, 300));
  }
}

async function ask(bus: Bus, random: Random, { answers, reads }: AskerOptions): Promise<void> {
  const floor = answers.acknowledged;
  const kind = random.whole(0, 7);
  if (kind < 4) {
    const { position } = await bus.ask(PositionQuery, {});
    reads.position(position, floor);
  } else if (kind < 7) {
    const key = { resource: 'configmaps', namespace: 'default', name: random.pick(['a', 'b', 'c', 'd', 'e']) } as const;
    const { position, object } = await bus.ask(ObjectQuery, { key });
    reads.object(key, position, object, floor);
  } else {
    const chunks: StateChunk[] = [];
    for await (const chunk of bus.state({ channels: [...CHANNELS] })) chunks.push(chunk);
    reads.state(CHANNELS, chunks, floor);
  }
}
