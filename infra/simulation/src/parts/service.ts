import type { Type } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { Bus, NatsTransport } from '@shiplog/bus';
import { inboxOf, type Identity } from '@shiplog/contracts';
import { Health, NestLogger, ServiceModule } from '@shiplog/service';
import { SimConnection } from '../bus/connection';
import { simulatedLogger } from '../world/logger';
import type { SimProcess } from '../world/process';
import type { Cluster } from './cluster';

/** How a service of Nest is started in a process of the simulation. */
export interface SimService {
  readonly identity: Identity;
  readonly module: Type;
  readonly config: object;
  /** What it has in the place of its doors to the outside. */
  readonly instead: readonly {
    readonly provide: Parameters<TestingModuleBuilder['overrideProvider']>[0];
    readonly value: unknown;
  }[];
}

/** A bus of a process, on a connection of its own to the simulated server. */
export function busOf({ world, broker }: Cluster, process: SimProcess, identity: Identity): Bus {
  const connection = new SimConnection(broker, process, inboxOf(identity));
  return new Bus(connection.handle, identity, (error, where) =>
    world.trace.say(process.name, `error at ${where}: ${error instanceof Error ? error.message : String(error)}`),
  );
}

/** Starts a service as `runService` does, within the code of a process. */
export async function startService(cluster: Cluster, process: SimProcess, service: SimService): Promise<Health> {
  const { identity, module, config, instead } = service;
  const bus = busOf(cluster, process, identity);
  const logger = simulatedLogger(cluster.world, process);
  const health = new Health(identity.role, identity.name);
  const transport = new NatsTransport(bus);
  const context = { config: { ...config, instance: identity.name }, bus, logger, health, transport };
  const builder = Test.createTestingModule({ imports: [ServiceModule.forRoot(context), module] });
  for (const { provide, value } of instead) builder.overrideProvider(provide).useValue(value);
  const compiled = await builder.setLogger(new NestLogger(logger)).compile();
  await compiled.createNestMicroservice({ strategy: transport }).listen();
  return health;
}
