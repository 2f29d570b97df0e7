import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GenericContainer, type StartedNetwork, type StartedTestContainer } from 'testcontainers';
import { parse } from 'yaml';
import { REPOSITORY } from '../../launcher/src/settings';

interface ComposeService {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
}

/** What a test changes about the file: where its bind mounts come from, and what is published. */
export interface ComposeOverrides {
  /** A bind mount as the file has it → source and target to use. */
  mounts: Readonly<Record<string, string>>;
  environment: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The services of docker-compose.dev.yml, started one by one as testcontainers, so that the file itself is tested. */
export class ComposeFile {
  private readonly services = (
    parse(readFileSync(join(REPOSITORY, 'docker-compose.dev.yml'), 'utf8')) as {
      services: Record<string, ComposeService>;
    }
  ).services;

  constructor(
    private readonly network: StartedNetwork,
    private readonly overrides: ComposeOverrides,
  ) {}

  start(name: string): Promise<StartedTestContainer> {
    const service = this.services[name];
    if (service === undefined) throw new Error(`docker-compose.dev.yml has no service ${name}`);
    const ports = (service.ports ?? []).map((port) => Number(port.split(':').at(-1)!.split('-')[0]));
    const binds = (service.volumes ?? []).flatMap((volume) => {
      const [source, target] = (this.overrides.mounts[volume] ?? volume).split(':') as [string, string];
      // A named volume lives as long as the container, which is all that a test needs.
      return source.startsWith('/') ? [{ source, target }] : [];
    });
    return new GenericContainer(service.image)
      .withNetwork(this.network)
      .withNetworkAliases(name)
      .withEnvironment({ ...service.environment, ...this.overrides.environment[name] })
      .withCommand(service.command ?? [])
      .withExposedPorts(...ports)
      .withBindMounts(binds)
      .start();
  }
}
