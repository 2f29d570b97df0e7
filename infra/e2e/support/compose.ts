import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { parse } from 'yaml';
import { REPOSITORY } from '../../launcher/src/settings';

const FILE = 'docker-compose.dev.yml';
/** What `npm run images` makes for the file. */
const ACCESS = './.shiplog/compose';

interface ComposeService {
  image: string;
  command?: string[];
  depends_on?: string[] | Record<string, { condition: string }>;
  environment?: Record<string, string>;
  networks: string[];
  ports?: string[];
  volumes?: string[];
  secrets?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  sysctls?: Record<string, string>;
}

interface Compose {
  name: string;
  networks: Record<string, { name?: string; internal?: boolean }>;
  secrets: Record<string, { file: string }>;
  services: Record<string, ComposeService>;
}

/** What a test changes about the file. */
export interface ComposeOverrides {
  /** The folder in the place of `.shiplog/compose`. */
  access: string;
  /** Other bind mounts as the file has them → source and target to use. */
  mounts: Readonly<Record<string, string>>;
  environment: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The services of docker-compose.dev.yml, started one by one as testcontainers on an engine that is the test's own, so that
 * the file itself is tested.
 */
export class ComposeFile {
  private readonly file = parse(readFileSync(join(REPOSITORY, FILE), 'utf8'), { merge: true }) as Compose;

  constructor(
    private readonly engine: Docker,
    private readonly overrides: ComposeOverrides,
  ) {}

  /** The names of all services that the file starts and that go on running. */
  get lasting(): string[] {
    return Object.keys(this.file.services).filter((name) => !this.isOneShot(name));
  }

  /** An engine's name of one of the file's networks. */
  network(name: string): string {
    return this.file.networks[name]?.name ?? `${this.file.name}_${name}`;
  }

  async makeNetworks(): Promise<void> {
    for (const [name, { internal = false }] of Object.entries(this.file.networks)) {
      await this.engine.createNetwork({ Name: this.network(name), Internal: internal });
    }
  }

  /** Resolves when it runs and its ports are open; one that is to end, when it has ended well. */
  start(name: string): Promise<StartedTestContainer> {
    const service = this.file.services[name];
    if (service === undefined) throw new Error(`${FILE} has no service ${name}`);
    const container = new ComposeContainer(service, {
      // Others find it by its name.
      name,
      networks: service.networks.map((network) => this.network(network)),
      engine: this.engine,
    })
      .withEnvironment({ ...service.environment, ...this.overrides.environment[name] })
      .withCommand(service.command ?? [])
      .withExposedPorts(...(service.ports ?? []).flatMap(portOf))
      .withBindMounts([...(service.volumes ?? []).flatMap(this.bindOf), ...(service.secrets ?? []).map(this.secretOf)]);
    return (this.isOneShot(name) ? container.withWaitStrategy(Wait.forOneShotStartup()) : container).start();
  }

  private isOneShot(name: string): boolean {
    return Object.values(this.file.services).some(({ depends_on: needs = [] }) => {
      return !Array.isArray(needs) && needs[name]?.condition === 'service_completed_successfully';
    });
  }

  private readonly bindOf = (volume: string): { source: string; target: string; mode: 'ro' | 'rw' }[] => {
    const [source, target, mode] = (this.overrides.mounts[volume] ?? volume).split(':') as [string, string, 'ro'?];
    // A named volume lives as long as the container, which is all that a test needs.
    const isNamed = !source.startsWith('/') && !source.startsWith('./');
    return isNamed ? [] : [{ source: this.placeOf(source), target, mode: mode ?? 'rw' }];
  };

  private readonly secretOf = (name: string): { source: string; target: string; mode: 'ro' } => {
    return { source: this.placeOf(this.file.secrets[name]!.file), target: `/run/secrets/${name}`, mode: 'ro' };
  };

  private placeOf(path: string): string {
    return path.startsWith(`${ACCESS}/`) ? join(this.overrides.access, path.slice(ACCESS.length)) : path;
  }
}

/** A range of ports is one that is listened on at need. */
function portOf(published: string): number[] {
  const port = published.split(':').at(-1)!;
  return port.includes('-') ? [] : [Number(port)];
}

/** A container with what testcontainers has no words for: more networks than one, and settings of the engine. */
class ComposeContainer extends GenericContainer {
  constructor(
    { image, read_only, cap_drop = [], security_opt = [], sysctls }: ComposeService,
    private readonly place: { name: string; networks: readonly string[]; engine: Docker },
  ) {
    super(image);
    this.withName(place.name)
      .withNetworkMode(place.networks[0]!)
      .withDroppedCapabilities(...cap_drop)
      .withSecurityOpt(...security_opt);
    Object.assign(this.hostConfig, { ReadonlyRootfs: read_only, Sysctls: sysctls });
  }

  protected override async containerCreated(id: string): Promise<void> {
    for (const network of this.place.networks.slice(1)) {
      await this.place.engine.getNetwork(network).connect({ Container: id });
    }
  }
}
