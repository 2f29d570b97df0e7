import { join, resolve } from 'node:path';
import { MOST_NODES } from '../../hollow/src/domain/node-settings';
import { LauncherFailure } from './failure';

/** The root of the repository: dist/infra/launcher/src is four levels below it, as is infra/launcher/src with jest. */
export const REPOSITORY = resolve(
  __dirname,
  __dirname.includes(`${join('dist', 'infra')}`) ? '../../../..' : '../../..',
);

/** The disjoint sets of addresses and names that clusters of one machine can have. */
export const SLOTS: readonly number[] = Array.from({ length: 20 }, (_, slot) => slot);

/** How packets reach pods of other nodes, as the network agent's BACKEND. */
export const BACKENDS = ['vxlan', 'host-gw', 'wireguard'] as const;
export type Backend = (typeof BACKENDS)[number];

/** What runs the containers of a minion. */
export const RUNTIMES = ['docker', 'containerd'] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** What a user may choose about a cluster on this machine. */
export interface LauncherSettings {
  /** Where all state lives (SHIPLOG_HOME). */
  readonly home: string;
  /** Where built images and fetched packages are kept; shared by all clusters of a checkout (SHIPLOG_CACHE). */
  readonly cache: string;
  /** Which of the disjoint sets of addresses and names to use, so that clusters can run side by side (SHIPLOG_SLOT). */
  readonly slot: number;
  /** None only where there are hollow nodes. */
  readonly minions: number;
  /** Nodes without engines, whose containers are no processes (SHIPLOG_HOLLOW). */
  readonly hollow: number;
  /** Over how many zones those are spread (SHIPLOG_HOLLOW_ZONES); 0: they have none. */
  readonly hollowZones: number;
  /** What runs each minion's containers (SHIPLOG_RUNTIME): the last is for all those after it; undefined when nothing was said. */
  readonly runtimes: readonly [RuntimeName, ...RuntimeName[]] | undefined;
  /** How packets reach pods of other minions (SHIPLOG_BACKEND); undefined when nothing was said. */
  readonly backend: Backend | undefined;
  /** Whether pods and Services have addresses of IPv6 beside those of IPv4 (SHIPLOG_DUAL_STACK=yes). */
  readonly dualStack: boolean;
  /** Bytes that pods may send at once (POD_MTU); undefined: the network agents find out. */
  readonly podMtu: number | undefined;
  /** Whether to deploy the guestbook. */
  readonly sample: boolean;
  /** Where the API listens on 127.0.0.1 (API_PORT). */
  readonly apiPort: number;
  /** Used instead of starting one, when given. */
  readonly natsUrl: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly dockerHost: string | undefined;
  /** Handed to every service (LOG_LEVEL). */
  readonly logLevel: string;
}

/** What the command line says. */
export interface Flags {
  readonly minions?: string;
  readonly hollow?: string;
  readonly hollowZones?: string;
  readonly sample?: boolean;
  readonly runtime?: string;
  readonly backend?: string;
  readonly dualStack?: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings; a wrong value stops with a sentence. Flags win over the environment, where npm puts them when they
 * are given without `--` before them (`npm start --minions 3`).
 */
export function settingsFrom(env: Environment, flags: Flags = {}): LauncherSettings {
  const hollow = wholeNumber(
    '--hollow',
    flags.hollow ?? (env.SHIPLOG_HOLLOW || env.npm_config_hollow || '0'),
    0,
    MOST_NODES,
  );
  // Pods of the sample would be hollow, too, and nobody would answer there.
  const wantsSample = env.SHIPLOG_SAMPLE !== 'no' && env.npm_config_sample !== '' && hollow === 0;
  const slot = wholeNumber('SHIPLOG_SLOT', env.SHIPLOG_SLOT || '0', 0, SLOTS.length - 1);
  return {
    home: resolve(REPOSITORY, env.SHIPLOG_HOME || '.shiplog'),
    cache: resolve(REPOSITORY, env.SHIPLOG_CACHE || join('.shiplog', 'cache')),
    slot,
    minions: minionsOf(flags.minions ?? (env.SHIPLOG_MINIONS || env.npm_config_minions || '2'), hollow),
    hollow,
    hollowZones: wholeNumber(
      '--hollow-zones',
      flags.hollowZones ?? (env.SHIPLOG_HOLLOW_ZONES || env.npm_config_hollow_zones || '0'),
      0,
      1_000,
    ),
    runtimes: runtimesOf(flags.runtime ?? (env.SHIPLOG_RUNTIME || env.npm_config_runtime)),
    backend: backendOf(flags.backend ?? (env.SHIPLOG_BACKEND || env.npm_config_backend)),
    dualStack: flags.dualStack ?? (env.SHIPLOG_DUAL_STACK === 'yes' || env.npm_config_dual_stack === 'true'),
    podMtu: env.POD_MTU ? wholeNumber('POD_MTU', env.POD_MTU, 576, 65_535) : undefined,
    sample: flags.sample ?? wantsSample,
    apiPort: wholeNumber('API_PORT', env.API_PORT || String(6443 + slot), 1, 65_535),
    natsUrl: env.NATS_URL || undefined,
    databaseUrl: env.DATABASE_URL || undefined,
    dockerHost: env.DOCKER_HOST || undefined,
    logLevel: env.LOG_LEVEL || 'info',
  };
}

function minionsOf(text: string, hollow: number): number {
  const minions = wholeNumber('--minions', text, 0, 9);
  if (minions > 0 || hollow > 0) return minions;
  throw new LauncherFailure(
    '--minions is "0", and there are no hollow nodes either.',
    'npm start -- --minions 0 --hollow 100',
  );
}

function backendOf(text: string | undefined): Backend | undefined {
  if (text === undefined || text === '') return undefined;
  return oneOf('--backend', BACKENDS, text);
}

function runtimesOf(text: string | undefined): LauncherSettings['runtimes'] {
  if (text === undefined || text === '') return undefined;
  const [first = '', ...others] = text.split(',');
  const runtimeOf = (word: string): RuntimeName => oneOf('--runtime', RUNTIMES, word.trim());
  return [runtimeOf(first), ...others.map(runtimeOf)];
}

function oneOf<const T extends string>(name: string, all: readonly [T, ...T[]], text: string): T {
  const found = all.find((item) => item === text);
  if (found !== undefined) return found;
  throw new LauncherFailure(
    `${name} is "${text}", which is none of ${all.join(', ')}.`,
    `npm start -- ${name} ${all[0]}`,
  );
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new LauncherFailure(
    `${name} is "${text}", which is no whole number from ${least} to ${most}.`,
    `Give ${name} as a number, for example ${least}.`,
  );
}
